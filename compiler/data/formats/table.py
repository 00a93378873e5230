"""The formats of data files: what each is called, and what reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from ..found import FileFault, Found, Gone, Reads
from ..options import DataOptions


@dataclass(frozen=True, slots=True)
class Format:
    """A format of data files.

    Attributes
    ----------
    name
        In words, as after "cannot be read as".
    endings
        Of the names of its files, in lower case.
    extra
        What is to be installed beside Varying: ``varying[extra]``.
    module
        The module that the extra brings.
    options
        Options of ``data`` that it has.
    """

    name: str
    endings: tuple[str, ...]
    extra: str | None = None
    module: str | None = None
    options: tuple[str, ...] = ()


TEXT = Format(
    "plain text",
    (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz"),
    options=("decimal",),
)
PARQUET = Format("Parquet", (".parquet",))
ARROW = Format("Feather or Arrow", (".feather", ".arrow"))
EXCEL = Format("Excel", (".xlsx", ".xlsm"), "excel", "openpyxl", ("sheet", "decimal"))
SPSS = Format("SPSS", (".sav", ".zsav"), "spss", "pyreadstat", ("labels",))
STATA = Format("Stata", (".dta",), "stata", "pyreadstat", ("labels",))
SAS = Format("SAS", (".sas7bdat",), "sas", "pyreadstat")
RDS = Format("R", (".rds",), "r", "rdata", ("labels",))
RDA = Format("R", (".rda", ".rdata"), "r", "rdata", ("object", "labels"))

FORMATS = (TEXT, PARQUET, ARROW, EXCEL, SPSS, STATA, SAS, RDS, RDA)

#: Formats by the ending of a file's name.
BY_ENDING: Mapping[str, Format] = {
    ending: one for one in FORMATS for ending in one.endings
}

#: What some other files are best saved as.
SAVE_AS = {
    **{".xls": ".xlsx", ".xlsb": ".xlsx", ".ods": ".xlsx", ".por": ".sav"},
    **{".json": ".csv", ".xpt": ".csv", ".dat": ".csv"},
}


def ending_of(file: PurePath) -> str:
    """Return the ending of a name, in lower case; compressed ones have two parts."""
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes[-1:] == [".gz"]:
        return "".join(suffixes[-2:])
    return suffixes[-1] if suffixes else ""


def format_of(file: Path) -> Format:
    """Return the format that a file's name promises.

    Raises
    ------
    FileFault
        ``unknown-format`` if it is none that is read.
    """
    ending = ending_of(file)
    if ending in BY_ENDING:
        return BY_ENDING[ending]
    files = f"`{ending}` files are" if ending else "files without an ending are"
    save_as = SAVE_AS.get(ending)
    listed = [f"{', '.join(one.endings)} ({one.name})" for one in FORMATS]
    raise FileFault(
        "unknown-format",
        f"`{file.name}`: {files} not read",
        (
            *((f"save it as {save_as}",) if save_as else ()),
            f"these are: {'; '.join(listed)}",
            "from Python, pass a data frame: `varying.compile(spec, data=frame)`",
        ),
    )


def need_extra(file: Path, format_: Format) -> None:
    """See that what reads a format is installed.

    Raises
    ------
    FileFault
        ``missing-extra`` if not.
    """
    from importlib import import_module

    if format_.module is None:
        return
    try:
        import_module(format_.module)
    except ImportError as error:
        found = isinstance(error, ModuleNotFoundError) and error.name == format_.module
        reason = () if found else (f"it is there, but cannot be imported: {error}",)
        raise FileFault(
            "missing-extra",
            f"`{file.name}` needs `{format_.module}`, which is not installed",
            (*reason, f'install it: pip install "varying[{format_.extra}]"'),
        ) from None


def read_found(
    file: Path, format_: Format, options: DataOptions, reads: Reads, gone: Gone
) -> Found:
    """Return what is in a file that is there, neither plain text nor Parquet.

    ``reads`` chooses from the columns that are in it, ``gone`` says which codes of a
    column stand for a missing value.

    Raises
    ------
    FileFault
        If it cannot be read.
    """
    need_extra(file, format_)
    if format_ is ARROW:
        from .arrow import read_arrow

        return read_arrow(file, reads)
    if format_ is EXCEL:
        from .excel import read_excel

        return read_excel(file, options.sheet, reads, options.decimal)
    if format_ in (RDS, RDA):
        from .r_objects import read_r

        return read_r(file, options.object, options.labels, reads, gone)
    from .statistical import read_statistical

    return read_statistical(file, format_.name, options.labels, reads, gone)
