"""What `markbook demo` serves: two exams, twelve problems, every type of question and of answer.

`bank-walk.sh` is the walk through the Bank that it prints.
"""
