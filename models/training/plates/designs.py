"""What plates look like, by region: serial patterns, colours, proportions, emblems. From public descriptions of each
country's plates; drawn by :mod:`plates.face`.

Pattern grammar: ``A`` a letter of the design, ``9`` a digit, ``X`` either, ``@`` one of the design's prefixes, space, ``-``
and ``.`` separators, ``/`` a new line, lower case a literal letter. Separators are drawn (or left as a gap) and are not
part of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_IOQ = "ABCDEFGHJKLMNPRSTUVWXYZ"
NO_IO = "ABCDEFGHJKLMNPQRSTUVWXYZ"
NO_Q = "ABCDEFGHIJKLMNOPRSTUVWXYZ"
NO_IOU = "ABCDEFGHJKLMNPQRSTVWXYZ"
CONSONANTS = "BCDFGHJKLMNPRSTVWXYZ"
CYRILLIC_TWINS = "ABEKMHOPCTYX"
GREEK_TWINS = "ABEZHIKMNOPTYX"

WHITE, YELLOW, BLACK, BLUE, GREEN, RED = "#f4f4f0", "#f2c21a", "#151515", "#1c3f9a", "#1d6b3c", "#a01c22"


@dataclass(frozen=True)
class Design:
    region: str
    """ISO 3166-1 or 3166-2 code; "unknown" for looks that belong to nobody."""
    weight: float
    patterns: tuple[str, ...]
    letters: str = NO_IOQ
    prefixes: tuple[str, ...] = ()
    aspect: tuple[float, float] = (4.2, 4.8)
    paints: tuple[tuple[float, str, str], ...] = ((1, WHITE, BLACK),)
    """(weight, ground, ink)."""
    band: str = ""
    """Letters in a blue band at the left, as EU plates carry."""
    band_chance: float = 0.85
    right_band: float = 0.0
    emblem: str = ""
    """What stands in a separator: seal, arms, dot, or nothing."""
    decor: str = "plain"
    two_lines: tuple[str, ...] = ()
    two_lines_chance: float = 0.0
    two_lines_aspect: tuple[float, float] = (1.25, 2.0)
    height: tuple[float, float] = (0.58, 0.78)
    """Character height as a share of the plate's."""
    stroke_chance: float = 0.5
    name: str = ""
    slogan: str = ""


def _eu(region, weight, patterns, letters=NO_IOQ, band=None, **more):
    return Design(region, weight, tuple(patterns.split("|")), letters, band=region if band is None else band, **more)


_DE_TOWNS = tuple("B M K F S HH DD L N D HB H KI SB AC BN DO E GE HD KA MA WI MZ FR KN RV UL A IN RO TS NEA WIL BIT TR LB ES "
                  "BB TUE RT WN HN OG PF GI MR KS GOE BS WOB HL NMS SL PI OD IZ RZ SE OL OS MS BI PB HF LIP GT WAF".split())
_RO_COUNTIES = tuple("B AB AR AG BC BH BN BT BR BV BZ CL CJ CS CT CV DB DJ GJ GL GR HD HR IF IL IS MH MM MS NT OT PH SB SJ SM SV TL "
                     "TM TR VL VN VS".split())
_IN_STATES = tuple("CG PB MP MH DL KA TN AP TS UP HR RJ GJ WB KL OD BR JH UK HP ML AS GA CH".split())
_VN_TOWNS = tuple("51 59 29 30 43 75 66 81 84 86 60 61 72 15 16 37 36 38 62 65 92 94 98 99 50 52 88".split())
_PL_TOWNS = tuple("BI BL BS CB CG CT CW DB DJ DL DW EL EP ES EW FG FZ GA GD GS KK KN KR KT LB LC LU LZ NE NO OP PK PL PN PO PP RK RP RT RZ "
                  "SB SC SD SG SH SI SJ SK SL SM SO SR ST SW SY SZ TK WA WB WE WI WN WO WP WR WT WU WW WX WY WZ ZK ZO ZS".split())
_PL_COUNTIES = tuple("BIA BSI CIN CBY DLU DOL DSW EBE EZD FSW FZI GDA GPU GWE KBR KMI KOL KWI LBI LOP LPU NBR NIL NOL OGL OKL ONY OPO PGN PKO "
                     "PLE POB POS POT PSZ PZL RDE RMI ROP RZE SBE SCI SGL SMI SMY SPI SRB STA SWD TBU TKI TOP TOS WGM WGR WML WMI WOR WOS WOT "
                     "WPI WPR WRA WSC WWL WZY ZGR ZKO ZLO ZPL ZST".split())
_CZ_DISTRICTS = tuple("AB AD BE BI BK BM BN BO BV CB CK CL CR CV DC DO FM GT HB HK HO JC JE JH JI JN KD KH KI KL KO KT KV LI LN LO LT LY MB ME "
                      "MO NA NB NJ OC OL OM OP OS OT PA PB PE PI PJ PL PM PR PS PT PV RA RK RO SM SO ST SU SY TA TC TP TR TU UH UL UO VS VY ZL "
                      "ZN ZR".split())
_SK_DISTRICTS = tuple("BA BB BJ BL BN BR BS BT BY CA DK DS DT GA GL HC HE IL KA KE KI KK KM KN KS LC LE LM LV MA MI ML MT MY NM NO NR NZ PB PD PE PK "
                      "PN PO PP PT PU PV RA RK RS RV SA SB SC SE SI SK SL SN SO SP SV TN TO TR TS TT TV VK VT ZA ZC ZH ZM ZV".split())
_ES_PROVINCES = tuple("M B V SE MA A O CO BI GR Z VA SS MU C PO TF GC PM CA AL T GE LE H L OR LU NA S BA J LO HU SO TO".split())

EUROPE = (
    _eu("DE", 6, "@-A 9999|@-AA 999|@-AA 99|@-A 999|@-AA 9999|@-A 99", ALL, "D", prefixes=_DE_TOWNS, emblem="seal",
        two_lines=("@-AA/999", "@/AA 99"), two_lines_chance=0.04),
    _eu("FR", 4, "AA-999-AA|AA-999-AA|9999 AA 99|999 AAA 99", NO_IOU, "F", right_band=0.8,
        paints=((0.85, WHITE, BLACK), (0.15, YELLOW, BLACK))),
    _eu("IT", 4, "AA 999AA|AA 999AA|AA 999 AA", "ABCDEFGHJKLMNPRSTVWXYZ", "I", right_band=0.8),
    _eu("ES", 4, "9999 AAA|9999 AAA|9999 AAA|@-9999-AA|@-9999-A", CONSONANTS, "E", prefixes=_ES_PROVINCES),
    _eu("NL", 4, "99-AA-AA|99-AAA-9|9-AAA-99|AA-999-A|A-999-AA|AAA-99-A|AA-99-AA|AA-AA-99", CONSONANTS,
        paints=((0.92, "#efb51c", BLACK), (0.08, WHITE, BLACK)), two_lines=("99-AA/AA", "AA-9/99-A"), two_lines_chance=0.04),
    _eu("BE", 2, "9-AAA-999|AAA-999|9-AAA-999", NO_IOQ, "B", paints=((1, WHITE, RED),)),
    _eu("LU", 0.7, "AA 9999|99999|AA 999", NO_IO, "L", paints=((1, YELLOW, BLACK),)),
    _eu("AT", 2, "@ 999AA|@ 9999A|@-99 AAA|@ 999 AAA", NO_Q, "A", prefixes=tuple(
        "W G L S I B K P GU BN MD KF LB SL WL VB VO VL VI RO RI RE IM IL JO JU DO DL OP OW WO WB WT WY KI KO KB KR FR FK FB MI LI LL LF ZE ZT".split()), emblem="arms"),
    _eu("CH", 2, "@ 999999|@ 99999|@ 9999|@ 999", ALL, "", prefixes=tuple("ZH BE LU UR SZ OW NW GL ZG FR SO BS BL SH AR AI SG GR AG TG TI VD VS NE GE JU".split()),
        emblem="arms", two_lines=("@ 99/999", "@/999 999"), two_lines_chance=0.2),
    _eu("PL", 2.2, "@ 99999|@ 99999|@ 9999A|@ 999AA|@ 9A999|@ 9AA99", "ACEFGHJKLMNPRSTUVWXY", prefixes=_PL_TOWNS),
    _eu("PL", 2.2, "@ A999|@ 99AA|@ 9A99|@ 99A9|@ 9AA9|@ AA99|@ 99999|@ 9999A", "ACEFGHJKLMNPRSTUVWXY", prefixes=_PL_COUNTIES),
    _eu("CZ", 2.2, "9A9 9999|9A9 9999|9AA 9999", "ABCDEFHIJKLMNPRSTUVXYZ", emblem="seal"),
    _eu("CZ", 0.8, "@A 99-99", NO_Q, "", prefixes=_CZ_DISTRICTS),
    _eu("SK", 2, "@-999AA|@ 999AA", NO_Q, emblem="arms", prefixes=_SK_DISTRICTS),
    _eu("HU", 1.5, "AAA-999|AA AA-999|AAA-999", ALL, "H"),
    _eu("RO", 3, "@ 99 AAA|@ 999 AAA|@ 99 AAA", NO_Q, prefixes=_RO_COUNTIES),
    _eu("BG", 1.5, "AA 9999 AA|A 9999 AA", CYRILLIC_TWINS),
    _eu("HR", 1.2, "@ 999-AA|@ 9999-AA|@ 999-A", NO_Q, prefixes=tuple("ZG ST RI OS PU ZD VZ KA DU SI SK BJ CK KC NG VK SB PZ IM OG GS VU".split()), emblem="arms"),
    _eu("SI", 1.2, "@ AA-999|@ 99-99A|@ A9-999", NO_Q, "SLO", prefixes=("LJ", "MB", "CE", "KR", "KP", "NM", "GO"), emblem="arms"),
    _eu("RS", 1, "@ 999-AA|@ 9999-AA", NO_Q, "SRB", prefixes=("BG", "NS", "NI", "KG", "SU", "PA", "ZR"), emblem="arms"),
    _eu("BA", 0.8, "A99-A-999", "AEJKMOT", "BIH"),
    _eu("MK", 0.5, "@ 9999 AA", NO_Q, prefixes=("SK", "BT", "TE", "OH"), emblem="arms"),
    _eu("AL", 0.6, "AA 999 AA", NO_Q, right_band=0.9),
    _eu("GR", 1.5, "AAA-9999", GREEK_TWINS),
    _eu("TR", 2, "99 AA 999|99 A 9999|99 AAA 99|99 AAA 999|99 AA 9999", NO_Q, two_lines=("99 AA/999", "99 AAA/99"), two_lines_chance=0.08),
    _eu("UA", 1.5, "AA 9999 AA", CYRILLIC_TWINS + "I"),
    _eu("BY", 0.6, "9999 AA-9", CYRILLIC_TWINS + "I", band_chance=0.4),
    _eu("RU", 1.5, "A 999 AA 99|A 999 AA 999", CYRILLIC_TWINS, ""),
    _eu("LT", 1.2, "AAA 999|AAA 99", NO_Q),
    _eu("LV", 1.2, "AA-9999|AA-999", NO_IO),
    _eu("EE", 1, "999 AAA|99 AAA", NO_IOQ, "EST"),
    _eu("FI", 1.2, "AAA-999|AAA-99|AA-999", ALL, "FIN"),
    _eu("SE", 1.5, "AAA 999|AAA 99A", NO_Q, "S"),
    _eu("NO", 1.5, "AA 99999|AA 99999", NO_IOQ, "N", paints=((0.9, WHITE, BLACK), (0.1, GREEN, WHITE)),
        two_lines=("AA/99999",), two_lines_chance=0.06),
    _eu("DK", 1.2, "AA 99 999", NO_IOQ, paints=((0.85, WHITE, BLACK), (0.15, YELLOW, BLACK)), two_lines=("AA/99 999",), two_lines_chance=0.06),
    _eu("IS", 0.5, "AA A99|AA 999", NO_Q),
    _eu("IE", 1.5, "99-A-99999|999-A-9999|99-AA-9999|999-AA-999|999-A-99999", "CDEGHKLMNORSTWXY", "IRL"),
    _eu("PT", 1.5, "99-99-AA|99-AA-99|AA-99-AA|AA-99-99", NO_Q, "P"),
    _eu("MT", 0.4, "AAA 999", NO_IO, "M"),
    _eu("CY", 0.4, "AAA 999", GREEK_TWINS),
    _eu("GB", 7, "AA99 AAA|AA99 AAA|AA99 AAA|A999 AAA|AAA 999A|AAA 999|A9 AAA|AAA 9", NO_Q, band_chance=0.4, stroke_chance=0.35,
        paints=((0.5, WHITE, BLACK), (0.45, "#f4c430", BLACK), (0.05, BLACK, "#d8d8d8")),
        two_lines=("AA99/AAA", "A999/AAA"), two_lines_chance=0.08),
    _eu("IL", 1, "99-999-99|999-99-999", NO_IOQ, paints=((1, "#f0bf1c", BLACK),)),
)

AMERICAS = (
    Design("BR", 6, ("AAA-9999",), ALL, aspect=(2.9, 3.3), decor="brazil", stroke_chance=0.75, height=(0.5, 0.64),
           paints=((0.8, "#b9bcbf", BLACK), (0.15, RED, WHITE), (0.05, WHITE, BLACK)),
           two_lines=("AAA/9999",), two_lines_chance=0.05, two_lines_aspect=(1.1, 1.35)),
    Design("BR", 4, ("AAA9A99",), ALL, aspect=(2.9, 3.3), decor="mercosur", name="BRASIL", stroke_chance=0.6, height=(0.52, 0.66),
           two_lines=("AAA/9A99",), two_lines_chance=0.06, two_lines_aspect=(1.1, 1.35)),
    Design("AR", 1.2, ("AA 999 AA",), ALL, aspect=(2.9, 3.3), decor="mercosur", name="REPUBLICA ARGENTINA", height=(0.52, 0.66)),
    Design("AR", 0.8, ("AAA 999",), ALL, aspect=(2.2, 2.6), paints=((1, BLACK, WHITE),), name="ARGENTINA", decor="captioned", height=(0.5, 0.62)),
    Design("UY", 0.5, ("AAA 9999",), ALL, aspect=(2.9, 3.3), decor="mercosur", name="URUGUAY", height=(0.52, 0.66)),
    Design("CL", 1, ("AA-AA-99", "AAAA-99", "AA-9999"), CONSONANTS, aspect=(2.4, 3.1), name="CHILE", decor="captioned-below", emblem="dot", height=(0.5, 0.66)),
    Design("CO", 1, ("AAA 999",), NO_IO, aspect=(2.0, 2.2), paints=((1, "#f0c11e", BLACK),), name="BOGOTA D.C.", decor="captioned-below", height=(0.45, 0.6)),
    Design("PE", 0.6, ("A9A-999", "AAA-999"), NO_IO, aspect=(2.0, 2.4), name="PERU", decor="captioned", height=(0.45, 0.6)),
    Design("MX", 2, ("AAA-99-99", "AAA-999-A", "AA-99-999", "99A-999", "AAA-9999"), NO_IOQ, aspect=(1.9, 2.1), name="MEXICO", slogan="JALISCO", decor="usa", height=(0.4, 0.52)),
    Design("CA", 1.2, ("AAAA 999", "AAA 999"), NO_IOQ, aspect=(1.95, 2.1), paints=((1, WHITE, BLUE),), name="ONTARIO", slogan="YOURS TO DISCOVER", decor="usa", height=(0.4, 0.52)),
    Design("CA", 0.8, ("A99 AAA", "999 AAA"), NO_IOQ, aspect=(1.95, 2.1), paints=((1, WHITE, BLUE),), name="Québec", slogan="Je me souviens", decor="usa", height=(0.4, 0.52)),
    Design("CA", 0.8, ("AA9 99A", "999 AAA", "AAA-9999", "AAA 999"), NO_IOQ, aspect=(1.95, 2.1), paints=((0.5, WHITE, BLUE), (0.5, WHITE, RED)),
           name="British Columbia", slogan="Wild Rose Country", decor="usa", height=(0.4, 0.52)),
)

ASIA_PACIFIC_AFRICA = (
    Design("IN", 8, ("@ 99 AA 9999", "@ 99 A 9999", "@99AA9999", "@ 99AA 9999", "@-99-AA-9999", "@ 9 AA 9999", "99 bh 9999 A"), NO_IO, _IN_STATES,
           aspect=(3.6, 4.9), paints=((0.82, WHITE, BLACK), (0.15, "#efc02a", BLACK), (0.03, GREEN, WHITE)), band="IND", band_chance=0.55,
           stroke_chance=0.45, two_lines=("@ 99 AA/9999", "@-99/AA 9999", "@99AA/9999", "@ 99 A/9999", "@99/AA9999"), two_lines_chance=0.3,
           two_lines_aspect=(1.3, 2.4)),
    Design("VN", 5, ("@A-999.99", "@A-9999", "@AA-999.99"), "ABCDEFGHKLMNPSTUVXYZ", _VN_TOWNS, aspect=(4.0, 4.7), emblem="dot",
           paints=((0.85, WHITE, BLACK), (0.08, YELLOW, BLACK), (0.07, BLUE, WHITE)),
           two_lines=("@-A9/999.99", "@-A9/9999", "@A/999.99", "@-AA/999.99", "@A-/9999"), two_lines_chance=0.72, two_lines_aspect=(1.25, 2.0)),
    Design("CN", 4, ("A.99999", "A.X9999", "A.9X999", "A.99X99", "A.AA999", "A.9999X", "A.99XX9"), NO_IO, aspect=(3.0, 3.3), decor="china", emblem="dot",
           paints=((0.75, "#1a3f9e", WHITE), (0.2, "#bfe3c0", BLACK), (0.05, YELLOW, BLACK)), height=(0.6, 0.74)),
    Design("MY", 1.2, ("AAA 9999", "A 9999", "AA 9999 A", "AAA 999"), NO_IO, aspect=(3.8, 4.8), paints=((1, BLACK, WHITE),),
           two_lines=("AAA/9999", "AA/999"), two_lines_chance=0.15),
    Design("SG", 0.8, ("AAA 9999 A", "AAA 999 A", "AA 9999 A"), NO_IO, aspect=(3.8, 4.8), paints=((0.6, BLACK, WHITE), (0.4, WHITE, BLACK)),
           two_lines=("AAA/9999A",), two_lines_chance=0.15),
    Design("ID", 1.2, ("A 9999 AAA", "AA 9999 AA", "A 9999 AA"), NO_IO, aspect=(3.0, 3.8), paints=((0.7, BLACK, WHITE), (0.3, WHITE, BLACK)),
           decor="captioned-below", name="08.26", height=(0.45, 0.6)),
    Design("PH", 0.6, ("AAA 9999", "AAA 999"), ALL, aspect=(2.6, 3.0), paints=((1, WHITE, BLACK),), name="PILIPINAS", decor="captioned-below", height=(0.5, 0.64)),
    Design("AU", 2.5, ("AAA 999", "AA 99 AA", "999 AAA", "AAA 99A", "9AA 9AA", "AAA-999", "S999 AAA", "9AA 9AA"), ALL, aspect=(2.6, 3.0),
           paints=((0.6, WHITE, "#22336b"), (0.2, YELLOW, BLACK), (0.1, WHITE, "#7a2333"), (0.1, BLACK, WHITE)), name="QUEENSLAND", slogan="SUNSHINE STATE",
           decor="captioned-any", height=(0.46, 0.62)),
    Design("NZ", 0.8, ("AAA999", "AA9999"), NO_IO, aspect=(2.8, 3.2), height=(0.55, 0.7)),
    Design("ZA", 1, ("AA 99 AA gp", "AAA 999 gp", "aa 999-999", "AA 99 AA nw"), CONSONANTS, aspect=(4.2, 4.8), decor="captioned-any", name="GAUTENG", height=(0.5, 0.66)),
    Design("unknown", 1.5, ("A 99999", "99999", "999999", "9 99999", "A 9999", "AA 99999"), NO_IO, aspect=(2.0, 4.6), decor="captioned-any", name="DUBAI", height=(0.45, 0.66)),
    Design("unknown", 3, ("AAA 999", "999 AAA", "AA 9999", "9999 AA", "AAA 9999", "A 999 AA", "99 AAA 99"), ALL, aspect=(1.9, 4.8),
           paints=((0.4, WHITE, BLACK), (0.15, YELLOW, BLACK), (0.2, BLACK, WHITE), (0.1, BLUE, WHITE), (0.1, GREEN, WHITE), (0.05, RED, WHITE)),
           decor="captioned-any", name="REPUBLIC", two_lines=("AA 99/9999", "AAA/999", "99/AAA 99", "A 99/999"), two_lines_chance=0.25),
)

# code|name|name's lettering|slogan|ground top|ground middle|ground bottom|ink|patterns
_STATES = """
AL|Alabama|script|Heart of Dixie|#6fa8d8|#f4f4f0|#9cc070|#18284e|99A9999,9A99999,99AA999,99999AA
AK|ALASKA|sans|THE LAST FRONTIER|#f0b429|#f0b429|#f0b429|#1b2f7a|AAA 999
AZ|ARIZONA|sans|GRAND CANYON STATE|#8f7bb5|#f1e6d8|#3d8f9b|#1f3f3f|AAA9999,999 AAA,AA99999,A9A 9AA
AR|Arkansas|script|The Natural State|#f4f4f0|#f4f4f0|#b8d3ea|#b0202a|999 AAA,AAA 99A
CA|California|script|dmv.ca.gov|#f4f4f0|#f4f4f0|#f4f4f0|#20306e|9AAA999,9AAA999,9AAA999,9A99999
CO|COLORADO|sans||#f4f4f0|#f4f4f0|#2c6b48|#2c6b48|AAA-999,999-AAA,AAA-A99
CT|Connecticut|serif|Constitution State|#7ba7d9|#dfe9f4|#f4f4f0|#20305a|AA 99999,999-AAA,9AA-AA9
DE|DELAWARE|sans|THE FIRST STATE|#1f3a68|#1f3a68|#1f3a68|#e8c456|999999,99999
DC|WASHINGTON, DC|sans|TAXATION WITHOUT REPRESENTATION|#b82a3a|#f4f4f0|#b82a3a|#20306e|AA 9999
FL|MYFLORIDA.COM|sans|SUNSHINE STATE|#f4f4f0|#f4f4f0|#f4f4f0|#1f6b4a|AAA A99,999 AAA,A99 9AA,AAA 999
GA|GEORGIA|serif|Peach State|#f4f4f0|#f7e9d8|#e9c7a0|#2a2a2a|AAA9999,AAA 9999,999 AAA
HI|HAWAII|sans|ALOHA STATE|#f4f4f0|#f4f4f0|#f4f4f0|#222222|AAA 999
ID|IDAHO|serif|FAMOUS POTATOES|#c8283c|#f4f4f0|#4878b8|#20305a|A 999999,9A 99999,A 99999
IL|Illinois|script|Land of Lincoln|#f4f4f0|#f4f4f0|#dfe8f2|#b0202a|A99 9999,999 9999,AA 99999,99 9999
IN|INDIANA|sans|IN GOD WE TRUST|#f4f4f0|#d8e4f0|#4a78b0|#1d2a55|999A,999AA,999AAA
IA|IOWA|sans||#a8c8e8|#e4eef6|#f4f4f0|#22306a|999 AAA,AAA 999
KS|KANSAS|sans||#b8d0e8|#f0f0e8|#c8d8b0|#1f2f68|999 AAA,AAA 999
KY|KENTUCKY|serif|UNBRIDLED SPIRIT|#6898d0|#e8eef4|#f4f4f0|#1f2f5a|999 AAA,AAA 999
LA|Louisiana|script|SPORTSMAN'S PARADISE|#f4f4f0|#e8f0e0|#a8c890|#22306a|AAA 999,999 AAA
ME|MAINE|sans|Vacationland|#f4f4f0|#f0f0e4|#9fb890|#1c2c4c|9999 AA,999 AAA,9999AA
MD|Maryland|script|www.maryland.gov|#f4f4f0|#f4f4f0|#f4f4f0|#1c1c1c|9AA A99,9AA9999,AAA 999
MA|Massachusetts|script|The Spirit of America|#f4f4f0|#f4f4f0|#f4f4f0|#b0202a|999 AA9,9AA A99,99A A99,9999 AA
MI|MICHIGAN|sans|PURE MICHIGAN|#f4f4f0|#f4f4f0|#2a5a9a|#20306e|AAA 9999,9AA A99,AAA 99A
MN|Minnesota|script|10,000 lakes|#6fa0c8|#e8f0f4|#4878a0|#1c2c5c|999 AAA,AAA 999
MS|MISSISSIPPI|sans||#e8e0c8|#f0ead8|#c8b888|#1c2c5c|AAA 999,AA9 999
MO|MISSOURI|sans|SHOW-ME STATE|#5a8ac8|#f4f4f0|#b8d0b0|#1c2c5c|AA9 A9A,999 AAA
MT|MONTANA|serif|Treasure State|#5888c0|#a8c8e0|#f0f0f0|#1c1c3c|999999A,9-99999A,AAA999
NE|NEBRASKA|sans|the good life|#f4f4f0|#f4ecd0|#c8d8e8|#1c1c1c|AAA 999,9-A9999,99-A999
NV|NEVADA|serif|Home Means Nevada|#a8c0d8|#d8dce0|#b09878|#1c2c5c|999-AAA,99A-999,999A99
NH|NEW HAMPSHIRE|serif|LIVE FREE OR DIE|#d8e4dc|#e8eee8|#8fb098|#1c4a3c|999 9999,999 999
NJ|NEW JERSEY|sans|Garden State|#f0e090|#f6f0c8|#f4f4f0|#1c1c1c|A99 AAA,AAA 99A,AA 999A
NM|NEW MEXICO|sans|LAND OF ENCHANTMENT|#f0d040|#f0d040|#f0d040|#b0202a|999 AAA,AAA 999,AAAA99
NY|NEW YORK|sans|EMPIRE STATE|#e8a820|#e8a820|#e8a820|#1c2460|AAA 9999,AAA-9999
NY|NEW YORK|sans|EXCELSIOR|#1c3c80|#f4f4f0|#1c3c80|#1c2460|AAA 9999
NC|NORTH CAROLINA|sans|First in Flight|#f4f4f0|#f0f4f8|#d8c8a8|#1c3c90|AAA-9999,AAA 9999
ND|NORTH DAKOTA|sans|Peace Garden State|#78a8d8|#f0e8d0|#c8a868|#1c2c4c|999 AAA,AAA 999
OH|OHIO|serif|BIRTHPLACE OF AVIATION|#a8c8e8|#f4f4f0|#c8d8b8|#1c2c5c|AAA 9999,AA99AA,999 AAA
OK|OKLAHOMA|sans|NATIVE AMERICA|#c8e0e8|#f0f0e8|#98b8c8|#1c3c4c|999 AAA,AAA 999,999AAA
OR|Oregon|serif|Pacific Wonderland|#a8b8d8|#e0e4ec|#7898a8|#1c2c6c|999 AAA,AAA 999,999AAA
PA|PENNSYLVANIA|sans|visitPA.com|#1c4c90|#f4f4f0|#f0c838|#1c2c6c|AAA 9999,AAA-9999,AA9 9999
RI|Rhode Island|serif|Ocean State|#f4f4f0|#e8f0f8|#88b0d8|#1c2c5c|AA-999,999-999,99999
SC|South Carolina|serif|While I Breathe I Hope|#a8c8e8|#f0f0e8|#e8d8b0|#1c2c5c|999 AAA,AAA 999
SD|SOUTH DAKOTA|sans|Great Faces. Great Places.|#88b8e0|#e8e8e0|#c8b890|#8c1c2c|99A 999,9AA 999,9A9999
TN|TENNESSEE|sans|The Volunteer State|#f4f4f0|#e8f0e4|#98b890|#1c2c4c|A99-99A,999-AAA,AAA 999
TX|TEXAS|sans|The Lone Star State|#f4f4f0|#f4f4f0|#f4f4f0|#1c1c1c|AAA-9999,AA9 A999,99A AA9,999 AAA,A99 AAA
UT|UTAH|sans|GREATEST SNOW ON EARTH|#6890c8|#f0ece4|#d09858|#1c1c3c|A99 9AA,999 AAA,A999AA
VT|VERMONT|sans|Green Mountain State|#1c5c40|#1c5c40|#1c5c40|#f0f0f0|AAA 999,999A999
VA|VIRGINIA|serif||#f4f4f0|#f4f4f0|#f4f4f0|#1c2c6c|AAA-9999,AAA 9999,9999AA
WA|WASHINGTON|sans|EVERGREEN STATE|#f0f4f8|#e0e8f0|#b8c8dc|#1c2c5c|AAA9999,999-AAA,AAA 999
WV|WEST VIRGINIA|sans|WILD, WONDERFUL|#1c3c80|#f4f4f0|#e8c848|#1c2c5c|9AA 999,9A 9999,99A 999
WI|WISCONSIN|sans|America's Dairyland|#f4f4f0|#f4f4f0|#e8e8d8|#1c1c1c|AAA-9999,999-AAA,AA-9999
WY|WYOMING|sans||#88a8c8|#d8c8a8|#a88858|#1c1c1c|9-99999,99-9999,9 9999,22 9999
""".strip().splitlines()

STATE_WEIGHTS = {"CA": 4, "TX": 3, "FL": 3, "NY": 2, "PA": 2, "IL": 2, "OH": 2, "GA": 2, "VA": 2, "MI": 2, "NC": 2, "NJ": 2}


@dataclass(frozen=True)
class State:
    code: str
    name: str
    lettering: str
    slogan: str
    ground: tuple[str, str, str] = field(default=("", "", ""))
    ink: str = BLACK
    patterns: tuple[str, ...] = ()


def _state(row: str) -> State:
    code, name, lettering, slogan, top, middle, bottom, ink, patterns = row.split("|")
    return State(code, name, lettering, slogan, (top, middle, bottom), ink, tuple(patterns.split(",")))


STATES = tuple(_state(row) for row in _STATES)

# Any serial a US plate of unknown issue may carry: specials, trailers, trucks, older series.
US_PATTERNS = tuple("AAA 9999|AAA 999|9AAA999|999 AAA|AA9 A9A|AAA A99|999 9999|99 9999|999999|9999999|AA 99999|A99 99A|AAA9999|99999A9|"
                    "9A99999|AA9999|A99 999|9A A9999|99A 999|AAA 99A|AA 9999|999 AA9|9 A9999|AA-99999|A9A 99A|99 AAA 9|AA9 999|A999999|"
                    "AAA 9A|AAA99|9999AA|9999 AA|A9999|99999|9999|AA 999|9999 A|999A|A99A".split("|"))

# What the registry writes where a personalised plate shows a ring, where that is known: California's issues the letter alone
# (DMV, 2024), Alabama, Florida and Idaho the zero alone. Elsewhere nobody can tell from the picture.
RINGS = {"CA": "O", "AL": "0", "FL": "0", "ID": "0"}

SLOGANS = ("Sunshine State|Garden State|Empire State|The Lone Star State|LIVE FREE OR DIE|FAMOUS POTATOES|10,000 lakes|First in Flight|"
           "Grand Canyon State|Great Lakes|Peach State|Aloha State|Evergreen State|the first state|www.autohaus.de|DEALER MOTORS|AUTO CENTER|"
           "IN GOD WE TRUST|VETERAN|DISABLED|UNIVERSITY|ALUMNI ASSOCIATION|FIREFIGHTER|WILDLIFE|CONSERVATION|SAVE THE BAY|SUPPORT EDUCATION|"
           "COUNTY|COMMERCIAL|TRUCK|TRAILER|PASSENGER|APPORTIONED|HISTORIC VEHICLE|NATIONAL GUARD|PURPLE HEART|PROTECT OUR PARKS|FARM").split("|")
MAKERS = "BMW|TOYOTA|VOLKSWAGEN|FORD|HONDA|NISSAN|CHEVROLET|Mercedes-Benz|AUDI|KIA|HYUNDAI|Škoda|RENAULT|PEUGEOT|FIAT|OPEL|SUBARU|MAZDA|JEEP|VOLVO|SEAT|TATA|Maruti Suzuki|Mahindra".split("|")
TOWNS_BR = "SP-SAO PAULO|MG-BELO HORIZONTE|RJ-RIO DE JANEIRO|PR-CURITIBA|BA-SALVADOR|ES-VITORIA|RS-PORTO ALEGRE|SC-JOINVILLE|PE-RECIFE|GO-GOIANIA|DF-BRASILIA|SP-CAMPINAS".split("|")

DESIGNS = EUROPE + AMERICAS + ASIA_PACIFIC_AFRICA
US_SHARE = 0.34
"""Share of rendered plates that are of the United States, whose looks vary most."""

REGIONS = ("unknown",) + tuple(sorted({d.region for d in DESIGNS if d.region != "unknown"})) + ("US",) + tuple(
    sorted({f"US-{s.code}" for s in STATES}))
"""Classes of the region head. "US" alone is a US plate whose state cannot be told."""
