"""The table of units: symbols and names in Russian and English, exact factors, dimensions."""

from fractions import Fraction
from typing import Final, NamedTuple

from domain.kernel import Value

Dimension = tuple[int, ...]
"""Exponents of length, mass, time, current, temperature, amount, luminous intensity (the seven of
the SI), then angle, data, money and pieces, which the SI does not count and a teacher does."""

BASES: Final = "LMTIKNJADPQ"
ANGLE: Final = BASES.index("A")
NO_DIMENSION: Final[Dimension] = (0,) * len(BASES)


class UnitRow(Value, frozen=True, kw_only=True):
    """One unit: a value in it, times `factor` · π^`pi`, is the value in SI base units.

    `symbol` and `russian` are how it is printed. `offset` is added first (temperatures alone).
    Units of different `quantity` never compare, though their dimensions agree: Hz and Bq.
    """

    symbol: str
    russian: str
    factor: Fraction
    dimension: Dimension
    pi: int = 0
    prefixes: str = ""
    offset: Fraction = Fraction(0)
    quantity: str = ""


class Prefix(NamedTuple):
    """A prefix: symbols, beginnings of names, and what it multiplies by."""

    symbol: str
    russian: str
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    factor: Fraction


# symbol | русский | factor | dimension | prefixes | more symbols | names
#
# Dimension: letters of BASES with exponents, then flags: `pi`/`1/pi` times or by π, `+x` offset,
# `=word` quantity. Prefixes: `si` all, `-` none, `kM…` only these, `data` those of bytes.
# A name that ends in `-` is a Russian stem: any case ending may follow.
_ROWS: Final = """
m    | м     | 1            | L1          | si | | metre meter метр-
g    | г     | 1/1000       | M1          | si | гр gr | gram gramme грамм-
s    | с     | 1            | T1          | si | сек sec secs | second секунд-
A    | А     | 1            | I1          | si | | ampere amp ампер-
K    | К     | 1            | K1          | si | | kelvin кельвин-
mol  | моль  | 1            | N1          | si | | mole молей моля молях
cd   | кд    | 1            | J1          | si | | candela кандел- свеч-
rad  | рад   | 1            | A1          | m | | radian радиан-
sr   | ср    | 1            | A2          | - | | steradian стерадиан-
bit  | бит   | 1            | D1          | kKMGTPкКМГТП | b | bit бит-
B    | байт  | 8            | D1          | data | Б | byte octet байт-
Hz   | Гц    | 1            | T-1 =frequency | si | | hertz герц-
N    | Н     | 1            | L1M1T-2     | si | | newton ньютон-
Pa   | Па    | 1            | L-1M1T-2    | si | | pascal паскал-
J    | Дж    | 1            | L2M1T-2     | si | | joule джоул-
W    | Вт    | 1            | L2M1T-3 =active | si | | watt ватт-
var  | вар   | 1            | L2M1T-3 =reactive | kMкМ | | вар-
VA   | ВА    | 1            | L2M1T-3 =apparent | kMкМ | | вольт-ампер-
C    | Кл    | 1            | T1I1        | si | | coulomb кулон-
V    | В     | 1            | L2M1T-3I-1  | si | | volt вольт-
F    | Ф     | 1            | L-2M-1T4I2  | si | | farad фарад-
Ohm  | Ом    | 1            | L2M1T-3I-2  | si | Ω Ω ohm | ohm ом-
S    | См    | 1            | L-2M-1T3I2  | si | | siemens сименс-
Wb   | Вб    | 1            | L2M1T-2I-1  | si | | weber вебер-
T    | Тл    | 1            | M1T-2I-1    | si | | tesla тесл-
H    | Гн    | 1            | L2M1T-2I-2  | si | | henry henries генри
lm   | лм    | 1            | J1A2        | si | | lumen люмен-
lx   | лк    | 1            | L-2J1A2     | si | | lux люкс-
Bq   | Бк    | 1            | T-1 =activity | si | | becquerel беккерел-
Gy   | Гр    | 1            | L2T-2 =absorbed | si | | gray грей грея греев греях
Sv   | Зв    | 1            | L2T-2 =equivalent | si | | sievert зиверт-
kat  | кат   | 1            | T-1N1       | si | | katal катал-
min  | мин   | 60           | T1          | - | mins | minute минут-
h    | ч     | 3600         | T1          | - | hr hrs час | hour час-
d    | сут   | 86400        | T1          | - | дн day | day день дня дней дни сутки суток
wk   | нед   | 604800       | T1          | - | | week недел-
yr   | год   | 31557600     | T1          | - | г. | year год года годов годы годах лет
deg  | °     | 1/180        | A1 pi       | - | град | degree градус-
arcmin | ′   | 1/10800      | A1 pi       | - | ' ′ | arcminute
arcsec | ″   | 1/648000     | A1 pi       | m | " ″ '' ′′ | arcsecond
gon  | гон   | 1/200        | A1 pi       | - | | gradian гон-
rev  | об    | 2            | A1 pi       | - | turn r | revolution turn оборот-
°C   | °C    | 1            | K1 +273.15  | - | °С ℃ degC ˚C ˚С ºC ºС | celsius
°F   | °F    | 5/9          | K1 +459.67  | - | ℉ degF ˚F ºF °Ф | fahrenheit
°R   | °R    | 5/9          | K1          | - | | rankine
t    | т     | 1000         | M1          | kMGкМГ | | tonne тонн-
q    | ц     | 100          | M1          | - | | quintal центнер-
ct   | кар   | 1/5000       | M1          | - | | carat карат-
lb   | фунт  | 0.45359237   | M1          | - | lbs lbm | pound фунт-
oz   | унц   | 0.028349523125 | M1        | - | | ounce унци-
Da   | а.е.м. | 1.66053906660e-27 | M1     | kкM | u amu аем | dalton дальтон-
in   | дюйм  | 0.0254       | L1          | - | | inch inches дюйм-
ft   | фут   | 0.3048       | L1          | - | | foot feet фут-
yd   | ярд   | 0.9144       | L1          | - | | yard ярд-
mi   | миля  | 1609.344     | L1          | - | | mile мил-
nmi  | ммиля | 1852        | L1          | - | NM | nauticalmile
micron | мк  | 1e-6         | L1          | - | | micron микрон-
Å    | Å     | 1e-10        | L1          | - | Å A° | angstrom ångström ангстрем-
au   | а.е.  | 149597870700 | L1          | - | AU ае | astronomicalunit
ly   | св.год | 9460730472580800 | L1      | kMкМ | свгод | lightyear lightyears
pc   | пк    | 96939420213600000 | L1 1/pi | kMGкМГ | | parsec парсек-
L    | л     | 0.001        | L3          | si | l ℓ | litre liter литр-
gal  | галлон | 0.003785411784 | L3        | - | | gallon галлон-
bbl  | барр  | 0.158987294928 | L3        | - | | barrel баррел-
ha   | га    | 10000        | L2          | - | | hectare гектар-
are  | ар    | 100          | L2          | - | сотка | are ар- сотк- соток
ac   | акр   | 4046.8564224 | L2          | - | | acre акр-
bar  | бар   | 100000       | L-1M1T-2    | hkMmдкМм | | bar бар-
atm  | атм   | 101325       | L-1M1T-2    | - | | atmosphere атмосфер-
at   | ат    | 98066.5      | L-1M1T-2    | - | | technicalatmosphere
mmHg | мм рт. ст. | 133.322387415 | L-1M1T-2 | - | ммртст |
cmHg | см рт. ст. | 1333.22387415 | L-1M1T-2 | - | смртст |
mmH2O | мм вод. ст. | 9.80665 | L-1M1T-2   | - | ммводст |
Torr | Торр  | 20265/152    | L-1M1T-2    | mм | торр torr | торр-
psi  | psi   | 44482216152605/6451600000 | L-1M1T-2 | k | | psi
cal  | кал   | 4.184        | L2M1T-2     | kMGкМГ | | calorie калори-
eV   | эВ    | 1.602176634e-19 | L2M1T-2  | si | | electronvolt электронвольт-
erg  | эрг   | 1e-7         | L2M1T-2     | - | | эрг-
BTU  | BTU   | 1055.05585262 | L2M1T-2    | - | Btu | btu
dyn  | дин   | 1e-5         | L1M1T-2     | - | | dyne дин-
kgf  | кгс   | 9.80665      | L1M1T-2     | - | kp | kilopond
lbf  | lbf   | 4.4482216152605 | L1M1T-2  | - | | lbf
hp   | hp    | 745.69987158227022 | L2M1T-3 =active | - | | horsepower
PS   | л.с.  | 735.49875    | L2M1T-3 =active | - | лс | pferdestärke
P    | П     | 0.1          | L-1M1T-1    | cс | пуаз | poise пуаз-
St   | Ст    | 0.0001       | L2T-1       | cс | | stokes стокс-
G    | Гс    | 0.0001       | M1T-2I-1    | kmкм | | gauss гаусс-
Mx   | Мкс   | 1e-8         | L2M1T-2I-1  | - | | maxwell максвелл-
Ci   | Ки    | 37000000000  | T-1 =activity | mµuмк | | curie кюри
R    | Р     | 0.000258     | M-1T1I1     | mµuмк | | roentgen рентген-
rem  | бэр   | 0.01         | L2T-2 =equivalent | mм | | бэр-
kn   | уз    | 463/900      | L1T-1       | - | kt | knot узел узла узлов узлы узлах
dpt  | дптр  | 1            | L-1         | - | дп | dioptre diopter диоптри-
RUB  | руб   | 1            | P1          | - | ₽ | ruble rouble рубл-
kop  | коп   | 0.01         | P1          | - | | kopeck копейка копейки копеек копейку
pcs  | шт    | 1            | Q1          | - | | piece штук-
%    | %     | 0.01         |             | - | | percent процент-
‰    | ‰     | 0.001        |             | - | | permille промилле
ppm  | ppm   | 1e-6         |             | - | | ppm
"""

_SI: Final = """
Q    | Кв | quetta кветта | 1e30
R    | Рн | ronna ронна | 1e27
Y    | И  | yotta йотта иотта | 1e24
Z    | З  | zetta зетта | 1e21
E    | Э  | exa экса | 1e18
P    | П  | peta пета | 1e15
T    | Т  | tera тера | 1e12
G    | Г  | giga гига | 1e9
M    | М  | mega мега | 1e6
k    | к  | kilo кило | 1e3
h    | г  | hecto гекто | 1e2
da   | да | deca deka дека | 1e1
d    | д  | deci деци | 1e-1
c    | с  | centi санти | 1e-2
m    | м  | milli милли | 1e-3
µ    | мк | micro микро | 1e-6
n    | н  | nano нано | 1e-9
p    | п  | pico пико | 1e-12
f    | ф  | femto фемто | 1e-15
a    | а  | atto атто | 1e-18
z    | з  | zepto зепто | 1e-21
y    | и  | yocto йокто иокто | 1e-24
"""

# Bytes: Latin symbols follow the SI (kB is 1000 B) and IEC (KiB is 1024 B), Russian ones the
# school and GOST 8.417 (Кбайт is 1024 байт).
_BINARY: Final = (("Ki", "К", 1), ("Mi", "М", 2), ("Gi", "Г", 3), ("Ti", "Т", 4), ("Pi", "П", 5))
_BINARY_NAMES: Final = (
    ("kibi", "киби", "кило"),
    ("mebi", "меби", "мега"),
    ("gibi", "гиби", "гига"),
    ("tebi", "теби", "тера"),
    ("pebi", "пеби", "пета"),
)


def _rows() -> list[tuple[UnitRow, tuple[str, ...], tuple[str, ...]]]:
    rows = []
    for line in _ROWS.strip().splitlines():
        symbol, russian, factor, flags, prefixes, symbols, names = (
            cell.strip() for cell in line.split("|")
        )
        dimension, pi, offset, quantity = _flags(flags)
        row = UnitRow(
            symbol=symbol,
            russian=russian,
            factor=Fraction(factor),
            dimension=dimension,
            pi=pi,
            prefixes="" if prefixes == "-" else prefixes,
            offset=offset,
            quantity=quantity,
        )
        rows.append((row, (symbol, russian, *symbols.split()), tuple(names.split())))
    return rows


def _flags(text: str) -> tuple[Dimension, int, Fraction, str]:
    exponents = dict.fromkeys(BASES, 0)
    pi, offset, quantity = 0, Fraction(0), ""
    for word in text.split():
        if word in ("pi", "1/pi"):
            pi = 1 if word == "pi" else -1
        elif word.startswith("+"):
            offset = Fraction(word[1:])
        elif word.startswith("="):
            quantity = word[1:]
        else:
            for start, base in enumerate(word):
                if base in exponents:
                    end = start + (3 if word[start + 1] == "-" else 2)
                    exponents[base] = int(word[start + 1 : end])
    return tuple(exponents.values()), pi, offset, quantity


def _prefixes() -> dict[str, Prefix]:
    prefixes = {}
    for line in _SI.strip().splitlines():
        symbol, russian, names, factor = (cell.strip() for cell in line.split("|"))
        symbols = (symbol, russian, *(("u", "μ") if symbol == "µ" else ()))
        prefixes[symbol] = Prefix(symbol, russian, symbols, tuple(names.split()), Fraction(factor))
    return prefixes


ROWS: Final = _rows()
SI_PREFIXES: Final = _prefixes()
BINARY_PREFIXES: Final = {
    symbol: Prefix(symbol, russian, (symbol, russian), names, Fraction(1024**power))
    for (symbol, russian, power), names in zip(_BINARY, _BINARY_NAMES, strict=True)
}
