"""HTTP: a package a facade, a module a resource; what all facades share lies beside them."""
