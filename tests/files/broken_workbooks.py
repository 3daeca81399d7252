"""Broken workbooks, made from a good one: packages, parts and cells that are not what they should be."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator, Mapping
from random import Random
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

Case = tuple[str, bytes, str | None]

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SHEET, BOOK, STRINGS = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"
TYPES, STYLES, LINKS = "[Content_Types].xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"
_MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DAMAGED = "is a damaged workbook"
_LAUGHS = (
    b"<!DOCTYPE x ["
    + b"".join(
        b'<!ENTITY e%d "%s">' % (level, (b"&e%d;" % (level - 1)) * 10 if level else b"ha")
        for level in range(12)
    )
    + b"]>"
)
_OUTSIDE = b'<!DOCTYPE x [<!ENTITY out SYSTEM "file:///etc/hostname">]>'


def workbooks(good: bytes, rng: Random) -> Iterator[Case]:
    """Endings of a file's name, the bytes, and what is expected of them."""
    with ZipFile(io.BytesIO(good)) as package:
        parts = _with_shared_texts({name: package.read(name) for name in package.namelist()})
    yield from _files(packed(parts), rng)
    yield from _packages(parts)
    yield from _parts(parts)
    yield from _cells(parts)
    yield from _bombs(parts)


def packed(parts: Mapping[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    """A package of parts."""
    content = io.BytesIO()
    with ZipFile(content, "w", method) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return content.getvalue()


def _with_shared_texts(parts: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The word Type in a list of shared texts, as Excel writes it."""
    inline, shared = b't="inlineStr"><is><t>Type</t></is></c>', b't="s"><v>0</v></c>'
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    link = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    assert inline in parts[SHEET]
    return {
        **parts,
        SHEET: parts[SHEET].replace(inline, shared),
        STRINGS: b'<sst xmlns="' + _MAIN + b'"><si><t>Type</t></si></sst>',
        TYPES: parts[TYPES].replace(
            b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
        ),
        LINKS: parts[LINKS].replace(
            b"</Relationships>",
            b'<Relationship Id="rId77" Type="' + link + b'" Target="sharedStrings.xml"/></Relationships>',
        ),
    }


def _files(good: bytes, rng: Random) -> Iterator[Case]:
    for number in range(12):
        yield f"cut {number}.xlsx", good[: rng.randrange(4, len(good) - 30)], _DAMAGED
    for number in range(24):
        flipped = bytearray(good)
        for _ in range(1 + number // 4):
            flipped[rng.randrange(4, len(flipped))] ^= 1 << rng.randrange(8)
        yield f"flipped {number}.xlsx", bytes(flipped), None
    yield "random.xlsx", rng.randbytes(4_000), "is called .xlsx, but is no Excel workbook"
    yield "random packed.xlsx", good[:4] + rng.randbytes(4_000), _DAMAGED
    yield "no bytes.xlsx", b"", "is empty"
    yield "renamed.csv", good, "is called .csv, but is a packed file"
    yield "text.xlsx", b"Name,Type,School,Phone Number,Email\n", "is called .xlsx, but is no Excel workbook"
    yield "macros.xlsm", good, "is a workbook of the kind .xlsm"
    yield "old.xls", OLE + bytes(1_000), "is an encrypted or a very old workbook"
    yield "encrypted.xlsx", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "is an encrypted"
    yield "after a prefix.xlsx", b"junk" + good, "is called .xlsx, but is no Excel workbook"
    yield "before a suffix.xlsx", good + b"junk" * 10, None


def _packages(parts: Mapping[str, bytes]) -> Iterator[Case]:
    yield "no parts.xlsx", packed({"x": b""}), "is a packed file, but no Excel workbook"
    yield "document.xlsx", packed({"word/document.xml": b"<x/>"}), "is a packed file, but no Excel workbook"
    yield "binary.xlsx", packed({**parts, "xl/workbook.bin": b"x"}), "is a binary workbook"
    yield "with macros.xlsx", packed({**parts, "xl/vbaProject.bin": b"x"}), "is a workbook with macros"
    yield "stored.xlsx", packed(parts, ZIP_STORED), "loads"
    for name, method in (("bzip2", ZIP_BZIP2), ("lzma", ZIP_LZMA)):
        yield f"{name}.xlsx", packed(parts, method), "is packed in a way that Excel does not use"
    many = {**parts, **{f"xl/media/{number}": b"" for number in range(12_000)}}
    yield "many parts.xlsx", packed(many, ZIP_STORED), "parts"
    yield "hostile names.xlsx", packed({**parts, "../../x": b"x", "/etc/x": b"x", "a\\..\\b": b"x"}), "loads"
    good = packed(parts)
    yield "nul in a name.xlsx", good.replace(b"docProps/app.xml", b"docProps\0app.xml"), None
    yield "locked.xlsx", _with_flags(good, 1), "is encrypted"
    yield "wrong checksum.xlsx", _with_checksum(good), _DAMAGED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile says that it is twice there
        twice = io.BytesIO()
        with ZipFile(twice, "w", ZIP_DEFLATED) as package:
            for name, part in [*parts.items(), (SHEET, b"<worksheet/>")]:
                package.writestr(name, part)
    yield "a sheet twice.xlsx", twice.getvalue(), "is empty"


def _with_flags(good: bytes, flags: int) -> bytes:
    """Every entry of the directory says that its part is encrypted."""
    changed = bytearray(good)
    at = -1
    while (at := changed.find(b"PK\x01\x02", at + 1)) >= 0:
        struct.pack_into("<H", changed, at + 8, flags)
    return bytes(changed)


def _with_checksum(good: bytes) -> bytes:
    changed = bytearray(good)
    at = -1
    while (at := changed.find(b"PK\x01\x02", at + 1)) >= 0:
        struct.pack_into("<I", changed, at + 16, 0xDEADBEEF)
    return bytes(changed)


def _parts(parts: Mapping[str, bytes]) -> Iterator[Case]:
    for name in (TYPES, BOOK, LINKS, SHEET, STRINGS, STYLES):
        label = name.rpartition("/")[2].strip("[]").lower()
        others = {part: text for part, text in parts.items() if part != name}
        yield f"without {label}.xlsx", packed(others), None if name == STYLES else "is a "
        for what, text in (
            ("empty", b""),
            ("no xml", b"\x00\x01" * 50),
            ("cut", parts[name][: len(parts[name]) // 2]),
            ("other", b"<html><body/></html>"),
            ("deep", b"<a>" * 100_000 + b"</a>" * 100_000),
            ("in utf-7", b'<?xml version="1.0" encoding="utf-7"?>' + parts[name]),
        ):
            yield f"{what} {label}.xlsx", packed({**others, name: text}), None
        for what, dtd in (("laughing", _LAUGHS), ("looking out", _OUTSIDE)):
            start = parts[name].index(b"<", parts[name].find(b"?>") + 1)
            entity = b"&e11;" if dtd is _LAUGHS else b"&out;"
            body = parts[name][start:]
            end = body.rindex(b"</")
            text = dtd + body[:end] + entity + body[end:]
            yield f"{what} {label}.xlsx", packed({**others, name: text}), None


def _cells(parts: Mapping[str, bytes]) -> Iterator[Case]:
    """One row of cells, written by hand."""

    def book(row: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
        rows = (
            b'<row r="1">'
            + b"".join(map(_text, (b"Name", b"Type", b"School", b"Phone Number", b"Email")))
            + b"</row>"
        )
        return packed({**parts, SHEET: _sheet(before, rows + row, after)})

    def line(cell: bytes, number: bytes = b"2") -> bytes:
        cells = (
            b"".join(map(_text, (b"Anna Example", b"Online", b"SFS"))) + cell + _text(b"anna@school.example")
        )
        return b'<row r="' + number + b'">' + cells + b"</row>"

    yield "plain row.xlsx", book(line(b"<c><v>41</v></c>")), "loads"
    yield "formula.xlsx", book(line(b"<c><f>1+1</f></c>")), "is a formula without a stored result"
    yield (
        "formula of openpyxl.xlsx",
        book(line(b"<c><f>1+1</f><v/></c>")),
        "is a formula without a stored result",
    )
    yield "formula with a result.xlsx", book(line(b"<c><f>1+1</f><v>2</v></c>")), "loads"
    yield "command.xlsx", book(line(b'<c t="str"><f>DDE("cmd")</f><v>=cmd|x!A1</v></c>')), "loads"
    yield "error.xlsx", book(line(b'<c t="e"><v>#REF!</v></c>')), "is the error #REF!"
    for number, cell in enumerate(
        (
            b'<c t="s"><v>999999</v></c>',
            b'<c t="s"><v>-1</v></c>',
            b'<c t="s"><v>x</v></c>',
            b'<c t="b"><v>x</v></c>',
            b'<c t="d"><v>yesterday</v></c>',
            b'<c t="zz"><v>1</v></c>',
            b"<c><v>1.2.3</v></c>",
            b"<c><v>1e999</v></c>",
            b"<c><v>" + b"9" * 10_000 + b"</v></c>",
            b'<c s="999999"><v>1</v></c>',
            b'<c s="x"><v>1</v></c>',
            b'<c r="A0"><v>1</v></c>',
            b'<c r="ZZZZ1"><v>1</v></c>',
            b'<c r="1A"><v>1</v></c>',
            b'<c r="D2"><is><t>no type</t></is></c>',
            b'<c t="inlineStr"></c>',
            b"<c><v>" + b"x" * 1_000_000 + b"</v></c>",
            b"<c>" * 1_000 + b"</c>" * 1_000,
        )
    ):
        yield f"cell {number:02}.xlsx", book(line(cell)), None
    for number, label in enumerate((b"x", b"-5", b"2.5", b"", b"0", b"1048577", b"9" * 30)):
        yield f"row {number}.xlsx", book(line(b"<c><v>41</v></c>", label)), _DAMAGED
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    yield "far cell.xlsx", book(far), "columns"
    yield "lying size.xlsx", book(line(b"<c/>"), before=b'<dimension ref="A1:XFD1048576"/>'), "loads"
    yield (
        "merged.xlsx",
        book(line(b"<c/>"), after=b'<mergeCells><mergeCell ref="A2:B9"/></mergeCells>'),
        "loads",
    )
    yield (
        "many merged.xlsx",
        book(line(b"<c/>"), after=b'<mergeCell ref="A1:B1"/>' * 600_000),
        "too large to be read",
    )
    named = parts[BOOK].replace(b'name="Teachers"', b'name="People"')
    yield "other sheet.xlsx", packed({**parts, BOOK: named}), "is not in the workbook"
    no_link = parts[BOOK].replace(b'r:id="rId1"', b'r:id="rId99"').replace(b'id="rId1"', b'id="rId99"')
    yield "no link to the sheet.xlsx", packed({**parts, BOOK: no_link}), None


def _text(value: bytes) -> bytes:
    return b'<c t="inlineStr"><is><t>' + value + b"</t></is></c>"


def _sheet(before: bytes, rows: bytes, after: bytes) -> bytes:
    return (
        b'<worksheet xmlns="'
        + _MAIN
        + b'">'
        + before
        + b"<sheetData>"
        + rows
        + b"</sheetData>"
        + after
        + b"</worksheet>"
    )


def _bombs(parts: Mapping[str, bytes]) -> Iterator[Case]:
    """Small files that unpack to very much."""
    too_large = "too large to be read"
    spaces = b" " * 20_000_000
    for name in (TYPES, BOOK, SHEET, STRINGS, STYLES):
        label = name.rpartition("/")[2].strip("[]").lower()
        yield f"bomb in {label}.xlsx", packed({**parts, name: parts[name] + spaces}), too_large
    tags = b"<x/>" * 1_000_000
    for name in (SHEET, STRINGS):
        label = name.rpartition("/")[2]
        end = parts[name].rindex(b"</")
        text = parts[name][:end] + tags + parts[name][end:]
        yield f"tags in {label}.xlsx", packed({**parts, name: text}), too_large
    yield "open rows.xlsx", packed({**parts, SHEET: _sheet(b"", b"<row>" * 1_000_000, b"")}), too_large
    blank = packed({**parts, SHEET: _sheet(b"", b"<row/>" * 250_000, b"")})
    yield "blank rows.xlsx", blank, None
    long = b"<row>" + _text(b"x" * 30_000) + b"</row>"
    yield "long texts.xlsx", packed({**parts, SHEET: _sheet(b"", long * 4_000, b"")}), None
    attributes = b"<row " + b" ".join(b'a%d=""' % number for number in range(200_000)) + b"/>"
    yield "attributes.xlsx", packed({**parts, SHEET: _sheet(b"", attributes, b"")}), too_large
    nested = packed({"inner.xlsx": packed({"zeros": bytes(10_000_000)})})
    yield "nested.xlsx", packed({**parts, "xl/embeddings/inner.xlsx": nested}), "loads"
    yield "only nested.xlsx", nested, "is a packed file, but no Excel workbook"
    pictures = {f"xl/media/{number}.png": bytes(10_000_000) for number in range(2)}
    yield "large pictures.xlsx", packed({**parts, **pictures}), "loads"
