from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from zarr.storage import ZipStore

import varying
from varying.runtime.fit import store
from varying.runtime.fit.fit import Fit
from varying.runtime.fit.provenance import FORMAT, describe_data
from varying.runtime.rows.categories import with_categories
from varying.runtime.verdict.verdict import Verdict

from ..fits import SPEC, made_fit


def rule(path: Path) -> str:
    with pytest.raises(varying.ModelError) as caught:
        varying.load(path)
    return caught.value.diagnostics[0].rule


def rewritten(path: Path, **changes: object) -> None:
    """Change values of the provenance in a fit file."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    root = json.loads(entries["zarr.json"])
    record = json.loads(root["attributes"]["varying"])
    record.update(changes)
    record = {key: value for key, value in record.items() if value is not None}
    root["attributes"]["varying"] = json.dumps(record)
    entries["zarr.json"] = json.dumps(root).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in entries.items():
            archive.writestr(name, raw)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "a file"
    made_fit().save(path)
    return path


def test_round_trip(saved: Path) -> None:
    made, loaded = made_fit(), varying.load(saved)
    assert loaded.data.identical(made.data)
    assert loaded.provenance == made.provenance
    assert loaded.spec == SPEC
    assert loaded.seed == 7
    assert loaded.summary(all=True).to_dict() == made.summary(all=True).to_dict()
    assert loaded.data["posterior"]["r_g"].sel(g="ünter").shape == (4, 250, 2)


@pytest.mark.parametrize(("most", "whole"), [(2**26, True), (0, False)])
def test_small_variables_are_in_one_piece(
    most: int, whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_ONE_PIECE", most)
    made = made_fit()
    data = made.data.copy()
    wide = np.random.default_rng(1).normal(size=(4, 250, 300))
    data["posterior/wide"] = xr.DataArray(wide, dims=("chain", "draw", "column"))
    path = tmp_path / "a.fit"
    store.write(path, data, made.provenance, made._origin.table)
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.startswith("posterior/wide/c/")]
    assert (len(names) == 1) == whole
    assert store.read(path)[0].identical(data)


def test_it_is_a_zip_of_zarr_without_pickles(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        assert names[0] == "zarr.json"
        for name in names:
            if name.endswith("zarr.json"):
                text = archive.read(name).decode()
                assert json.loads(text)["zarr_format"] == 3
                assert "pickle" not in text


def test_exactly_the_path_and_nothing_else(saved: Path) -> None:
    assert [entry.name for entry in saved.parent.iterdir()] == ["a file"]


def test_whole_or_not_at_all(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space"):
        made_fit().save(saved)
    assert saved.read_bytes() == before
    assert len(list(saved.parent.iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="links and devices of POSIX")
def test_a_link_stays_one_and_a_device_is_left_alone(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("real")
    made_fit().save(link)
    assert link.is_symlink()
    assert (tmp_path / "real").is_file()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        made_fit().save(pipe)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "pipe", "real"]


def test_what_is_no_fit_is_not_written_over(saved: Path) -> None:
    made_fit().save(saved)
    saved.write_text("y,x\n1,2\n")
    with pytest.raises(FileExistsError, match="it is there and is no fit"):
        made_fit().save(saved)
    assert saved.read_text() == "y,x\n1,2\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "a.model"
    os.mkfifo(pipe)
    assert rule(pipe) == "unreadable-file"
    with pytest.raises(varying.ModelError, match="it is no plain file"):
        varying.compile(pipe)


def test_names_of_files_that_are_not_utf_8(tmp_path: Path) -> None:
    made = made_fit()
    table = replace(made._origin.table, name="d\udcff.csv")
    store.write(tmp_path / "a.fit", made.data, made.provenance, table)
    assert store.read(tmp_path / "a.fit").table.name == r"d\udcff.csv"
    assert describe_data(table, ()).name == r"d\udcff.csv"


def test_a_missing_folder(tmp_path: Path) -> None:
    path = tmp_path / "no" / "a.fit"
    with pytest.raises(FileNotFoundError, match="there is no folder") as caught:
        made_fit().save(path)
    assert caught.value.filename == str(path)
    assert ".tmp" not in str(caught.value)


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind"
)
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError) as caught:
        made_fit().save(tmp_path / "a.fit")
    assert caught.value.filename == str(tmp_path / "a.fit")


def test_categories_survive(tmp_path: Path) -> None:
    made = made_fit()
    tree = with_categories(made.data, "y", ("no", "maybe", "yes", "7"))
    Fit(tree, made.provenance, made._origin).save(tmp_path / "a.fit")
    loaded = varying.load(tmp_path / "a.fit")
    assert loaded.data.identical(tree)
    observed = loaded.data["observed_data"]["y"]
    assert observed.attrs["categories"] == ["no", "maybe", "yes", "7"]
    assert observed.attrs["coded"] == "rank"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_permissions_are_those_of_any_new_file(saved: Path) -> None:
    plain = saved.parent / "plain"
    plain.touch()
    assert saved.stat().st_mode == plain.stat().st_mode


def test_no_such_file(tmp_path: Path) -> None:
    assert rule(tmp_path / "none.fit") == "no-such-file"


@pytest.mark.parametrize("content", [b"", b"y ~ x\n", b"PK\x03\x04 and then nothing"])
def test_foreign_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.fit"
    path.write_bytes(content)
    assert rule(path) == "not-a-fit"


def test_a_foreign_zip(tmp_path: Path) -> None:
    path = tmp_path / "foreign.fit"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert rule(path) == "not-a-fit"


def test_a_cut_and_a_changed_file(saved: Path) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: len(whole) // 2])
    assert rule(saved) == "not-a-fit"
    middle = len(whole) // 2
    saved.write_bytes(
        whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    )
    assert rule(saved) == "not-a-fit"


def test_the_format_before_reduced_data_is_read(saved: Path) -> None:
    data = made_fit().provenance.to_dict()["data"]
    del data["cells"]
    rewritten(saved, format=2, data=data)
    loaded = varying.load(saved)
    assert loaded.provenance.data == made_fit().provenance.data
    assert loaded.predict("eta").identical(made_fit().predict("eta"))


def test_another_format_is_refused(saved: Path) -> None:
    later = FORMAT + 1
    rewritten(saved, format=later)
    with pytest.raises(varying.ModelError, match=f"format {later} ") as caught:
        varying.load(saved)
    assert caught.value.diagnostics[0].notes == ("install a newer Varying",)
    rewritten(saved, format=1)
    with pytest.raises(varying.ModelError, match="format 1 ") as caught:
        varying.load(saved)
    assert caught.value.diagnostics[0].notes == ("fit the model again",)


def test_a_record_that_lacks_something(saved: Path) -> None:
    rewritten(saved, settings=None)
    assert rule(saved) == "not-a-fit"


def test_the_data_are_in_the_file_and_not_in_the_groups(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        root = json.loads(archive.read("data/zarr.json"))
    described = json.loads(root["attributes"]["table"])
    assert [c["name"] for c in described["columns"]] == ["g", "x", "y"]
    loaded = varying.load(saved)
    assert "data" not in loaded.data.children
    assert "data" not in made_fit().data.children


def test_a_file_without_its_data(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.fit"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if not name.startswith("data/"):
                new.writestr(name, old.read(name))
    assert rule(path) == "not-a-fit"


def test_zarr_and_xarray_read_the_same(saved: Path) -> None:
    """Whoever reads the file with the library has what `load` gives."""
    with ZipStore(saved, mode="r") as archive:
        found = xr.open_datatree(archive, engine="zarr", consolidated=False).load()  # type: ignore[arg-type]
    loaded = varying.load(saved).data
    for name, node in loaded.children.items():
        assert node.to_dataset().identical(found[name].to_dataset())


def test_draws_that_the_verdict_does_not_know_of(tmp_path: Path) -> None:
    made = made_fit()
    tree = made.data.copy(deep=True)
    tree["posterior"]["b"].values[0, 0] = np.nan
    path = tmp_path / "a.fit"
    Fit(tree, made.provenance, made._origin).save(path)
    assert rule(path) == "not-a-fit"
    # one that says so is read: the draws are those of the sampler
    known = Verdict(False, ("Some draws are not finite.",))
    Fit(tree, replace(made.provenance, verdict=known), made._origin).save(path)
    assert varying.load(path).data.identical(tree)


def test_the_format_before_hashes_is_read(saved: Path) -> None:
    rewritten(saved, format=3)
    assert varying.load(saved).data.identical(made_fit().data)


def test_a_summary_needs_no_xarray(tmp_path: Path) -> None:
    """The command's is that of `Fit.summary`, with what is asked of the draws."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=40)
    data = {"x": x, "g": [f"g{n % 5}" for n in range(40)], "y": rng.normal(size=40) + x}
    spec = "y ~ x + (1 + x | g)\nquantity half = b[x] / 2\ntest up = b[x] > 0\n"
    fit = varying.compile(spec, data).fit(draws=50, tune=100, seed=1, progress=False)
    path = tmp_path / "a.fit"
    fit.save(path)
    for whole in (False, True):
        found = store.read_summary(path, whole=whole)
        assert repr(found) == repr(varying.load(path).summary(all=whole))
        assert found.to_dict() == fit.summary(all=whole).to_dict()
    code = (
        "import sys; from varying.runtime.commands.summary import run\n"
        f"run({str(path)!r}, 'json', True)\n"
        "assert not sys.modules.keys() & {'xarray', 'pandas', 'zarr', 'scipy', 'arviz'}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == fit.summary(all=True).to_dict()
