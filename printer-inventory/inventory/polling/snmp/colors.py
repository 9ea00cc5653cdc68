"""The colour and the kind of a supply by the words of its description, in the languages printers speak."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_WORDS: Final = {
    "black": (
        "black", "schwarz", "noir", "nero", "nera", "negro", "negra", "preto", "preta", "zwart", "svart", "sort toner",
        "sort patron", "musta", "czarn", "čern", "cern", "čiern", "fekete", "negru", "crna", "crni", "črn", "must ",
        "juoda", "meln", "siyah", "чёрн", "черн", "чорн", "μαύρο", "μαυρο", "黑", "ブラック", "검정", "블랙", "أسود",
        "שחור", "đen", "hitam", "ดำ", "photo bk",
    ),
    "cyan": (
        "cyan", "cyaan", "ciano", "cian", "cián", "syaani", "azurov", "azuurblauw", "tsüaan", "žydra", "голуб", "циан",
        "сиан", "cijan", "turkusow", "κυανό", "κυανο", "青", "藍色", "シアン", "시안", "청록", "سماوي", "ציאן", "xanh lơ",
        "camgöbeği", "ฟ้า",
    ),
    "magenta": (
        "magenta", "magent", "purpur", "пурпур", "маджент", "мадженда", "ματζέντα", "ματζεντα", "品红", "品紅", "洋红",
        "洋紅", "紅色", "红色", "マゼンタ", "마젠타", "자홍", "أرجواني", "מגנטה", "đỏ sậm", "fuşya",
    ),
    "yellow": (
        "yellow", "gelb", "jaune", "giallo", "gialla", "amarillo", "amarilla", "amarelo", "amarela", "geel", "gul ",
        "gult", "gula", "keltai", "żółt", "zolt", "žlut", "zlut", "žlt", "sárga", "sarga", "galben", "žut", "rumen",
        "geltona", "dzelten", "kollane", "sarı", "жёлт", "желт", "жовт", "жълт", "κίτρινο", "κιτρινο", "黄", "黃",
        "イエロー", "노랑", "옐로", "أصفر", "צהוב", "vàng", "kuning", "เหลือง",
    ),
}  # fmt: skip

_OTHER: Final = (
    "light cyan", "light magenta", "light black", "light light", "vivid light", "photo cyan", "photo magenta",
    "photo gray", "gray", "grey", "grau", "gris", "серый", "red ink", "green ink", "blue ink", "orange", "violet",
    "white", "clear", "gloss", "transparent", "tri-col", "tricol", "tri col", "cmy", "colour cart", "color cart",
    "color ink", "colour ink", "цветн", "farb", "couleurs", "三色", "彩色",
)  # fmt: skip

_OF_WORD: Final = tuple((word, color) for color, words in _WORDS.items() for word in words)
_SUFFIX: Final = re.compile(r"\d(?:[A-Z]?-)?(BK|K|C|M|Y)(?:[LSX]{0,2})\b")
_LETTER: Final = re.compile(r"[(\[ ](BK|K|C|M|Y)[)\]]|^(BK|K|C|M|Y)$")
_OF_LETTER: Final = {"BK": "black", "K": "black", "C": "cyan", "M": "magenta", "Y": "yellow"}

_COLORANTS: Final = {"black": "black", "cyan": "cyan", "magenta": "magenta", "yellow": "yellow", "none": None, "": None}

_KINDS: Final = (
    ("waste_toner", ("waste toner", "resttoner", "toner collect", "toner waste", "récup", "recup", "waste box",
                     "waste container", "waste cartridge", "wastetoner", "отработ", "废粉", "廢粉", "廢棄碳粉", "廃トナー",
                     "collection unit", "toner residuo", "residuo de t")),
    ("waste_ink", ("maintenance box", "waste ink", "maintenance cartridge", "ink absorber", "памперс", "maintenance tank")),
    ("developer", ("developer", "developing", "développ", "entwickler", "revelador", "проявит", "девелопер", "显影", "現像")),
    ("opc", ("drum", "imaging unit", "imaging kit", "image unit", "photoconduct", "photo conductor", "trommel", "tambour",
             "tambor", "tamburo", "bęben", "фотобараб", "барабан", "感光", "硒鼓组件", "ドラム", "드럼", "imaging cartridge")),
    ("fuser", ("fuser", "fusing", "fixier", "four ", "fusore", "fusor", "печк", "термоблок", "фьюзер", "定影", "定着")),
    ("transfer_unit", ("transfer", "belt", "image transfer", "übertrag", "перенос", "转印", "轉印", "転写")),
    ("staples", ("staple", "heftklammer", "agrafe", "скреп", "订书", "釘書")),
    ("ink_cartridge", ("ink cart", "ink tank", "ink bottle", "tintenp", "cartouche d'encre", "чернил", "墨盒", "printhead")),
    ("ink", ("ink", "tinte", "encre", "inchiostro", "墨")),
    ("toner", ("toner", "тонер", "碳粉", "トナー", "토너", "墨粉", "print cartridge", "black cartridge", "cyan cartridge",
               "magenta cartridge", "yellow cartridge", "cartridge")),
    ("cleaner_unit", ("clean",)),
)  # fmt: skip


def color_of_colorant(value: str) -> str | None:
    """Return the colour named by prtMarkerColorantValue: one of the four, "other", or None for none and unknown."""
    word = value.strip().lower()
    if word in _COLORANTS:
        return _COLORANTS[word]
    if word in {"unknown", "other"}:
        return None
    return color_of_text(word) or "other"


@lru_cache(maxsize=8192)
def color_of_text(description: str) -> str | None:
    """Return the colour a description names, in words first, else by the letter that ends a part number ("TK-8115K")."""
    text = f"{description.lower()} "
    if any(word in text for word in _OTHER):
        return "other"
    found = {color for word, color in _OF_WORD if word in text}
    if len(found) == 1:
        return found.pop()
    if found:
        return "other" if len(found) > 2 else None
    match = _SUFFIX.search(description) or _LETTER.search(description)
    if match is None:
        return None
    return _OF_LETTER[next(group for group in match.groups() if group)]


@lru_cache(maxsize=8192)
def kind_of_text(description: str) -> str:
    """Return the kind of supply by its description, for devices that leave prtMarkerSuppliesType out; "unknown" if none."""
    text = f"{description.lower()} "
    for kind, words in _KINDS:
        if any(word in text for word in words):
            return kind
    return "unknown"
