"""Conventions of docs/conventions.md that no linter knows. Each looks at all the code there is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from contracts.legal_rules import FINDING_CODES, LEGAL_RULES
from tests.architecture.house import (
    PACKAGES,
    ROOT,
    functions,
    markdown_files,
    names,
    public_functions,
    python_files,
    relative,
    strings,
    text,
    tree,
)

READ_AT_RUN_TIME = {"fastapi", "pydantic", "sqlmodel", "pydantic_settings", "typer"}
INSTANTS = {"datetime", "AwareDatetime", "Instant", "NaiveDatetime"}
INSTANT_NAMES = re.compile(r"(_at|_until|_since|_after|_before|_anchor|^as_of|^up_to|^now|^at)$")
TOO_FINE_FOR_A_LABEL = {
    "tps",
    "tps_code",
    "tps_id",
    "nik",
    "box",
    "box_id",
    "seal",
    "voter",
    "person",
    "actor",
    "key",
    "path",
    "url",
}
RULE_NUMBER = re.compile(r"(?<![\w.+#-])D([1-9]\d?)(?![\w.])")
FINDING_CODE = re.compile(r"(?<![\w-])[EW]-[A-Z]{2,}(?:-[A-Z]+)*(?![\w-])")


def test_annotations_that_are_read_at_run_time_are_not_strings():
    wrong = [
        relative(path)
        for path in python_files(*PACKAGES)
        if _imports(path, "__future__") and _imported_tops(path) & READ_AT_RUN_TIME
    ]
    assert not wrong, f"FastAPI, pydantic and SQLModel read these annotations: {wrong}"


def test_only_settings_read_the_environment():
    """A service is what its settings say; deploy and cli hand the environment on, and the crash points are the harness's."""
    allowed = {"chassis/crash.py"}
    wrong = [
        relative(path)
        for path in python_files("contracts", "chassis", "services", "gateway", "simulator")
        if path.name != "settings.py" and relative(path) not in allowed
        if names(tree(path)) & {"environ", "getenv"}
    ]
    assert not wrong, wrong


def test_instants_end_in_at():
    wrong = [
        f"{relative(path)}:{line} {name}"
        for path in python_files("contracts", "chassis", "services", "gateway")
        for line, name, annotation in _fields(path)
        if names(annotation) & INSTANTS and not INSTANT_NAMES.search(name)
    ]
    assert not wrong, f"an instant's name ends in _at (or _until, _since, _after, _before; as_of): {wrong}"


def test_codes_are_text():
    wrong = [
        f"{relative(path)}:{line} {name}"
        for path in python_files(*PACKAGES)
        for line, name, annotation in _fields(path)
        if re.search(r"(^|_)(code|region|kpu_code)$", name) and "int" in names(annotation)
    ]
    assert not wrong, wrong


def test_units_are_in_names():
    """A bare number of time says its unit; `timeout=5` may be seconds or a mistake."""
    wrong = [
        f"{relative(path)}:{line} {name}"
        for path in python_files(*PACKAGES)
        for line, name, annotation in _fields(path)
        if re.search(r"(timeout|interval|delay|ttl|duration|latency)$", name)
        and names(annotation) & {"int", "float"}
    ]
    assert not wrong, f"say _s, _ms or _bytes: {wrong}"


def test_metric_labels_stay_coarse():
    wrong = [
        f"{relative(path)}:{call.lineno} {label}"
        for path in python_files(*PACKAGES)
        for call in _metric_calls(path)
        for label in _labels(call)
        if label in TOO_FINE_FOR_A_LABEL
    ]
    assert not wrong, f"a label no finer than the kecamatan, and never a person: {wrong}"


def test_every_conflict_shows_the_way_out():
    """A 409 without the state that a thing is in, and what can be done from there, leaves its reader to guess."""
    conflicts = _family_of("Conflict")
    wrong: list[str] = []
    for path in python_files(*PACKAGES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id in conflicts:
                wrong.append(f"{relative(path)}:{node.lineno}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in conflicts:
                said = {keyword.arg for keyword in node.keywords}
                wrong += (
                    [f"{relative(path)}:{node.lineno}"] if not said >= {"current_state", "allowed"} else []
                )
    assert len(conflicts) > 10
    assert not wrong, f"a conflict says current_state and allowed: {wrong}"


def test_every_refusal_speaks_indonesian_too():
    """Who is refused in the field reads Indonesian: an English sentence alone tells less than the bare title, which has both."""
    problems = _family_of("Problem")
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in python_files("chassis", "services", "gateway")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and _last_name(node.func) in problems
        if node.args or any(keyword.arg == "detail" for keyword in node.keywords)
        if all(keyword.arg != "detail_id" for keyword in node.keywords)
    ]
    assert len(problems) > 50
    assert not wrong, f"a refusal with a detail says it in Indonesian too (detail_id): {wrong}"


def test_every_misfit_that_a_refusal_tells_speaks_indonesian_too():
    """Rows of a file are told in English; a rule of a definition speaks to whoever sent it."""
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in python_files("services/registry/rules")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and _last_name(node.func) == "Misfit" and len(node.args) < 4
    ]
    assert not wrong, f"a misfit of a rule says it in Indonesian too: {wrong}"


def _last_name(called: ast.expr) -> str:
    """Return the name of what is called: `Overloaded` of `problems.Overloaded` too."""
    match called:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _family_of(name: str) -> set[str]:
    """Return the names of a class and of all that descend from it."""
    bases = [
        (node.name, {base.id for base in node.bases if isinstance(base, ast.Name)})
        for path in python_files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    ]
    family, known = {name}, 0
    while len(family) > known:
        known = len(family)
        family |= {child for child, parents in bases if parents & family}
    return family


def _metric_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and names(node.func) & {"Counter", "Gauge", "Histogram", "Summary"}:
            yield node


def _labels(call: ast.Call) -> Iterator[str]:
    for node in [
        *call.args[2:],
        *(keyword.value for keyword in call.keywords if keyword.arg == "labelnames"),
    ]:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def test_every_command_says_what_it_emits():
    wrong = [
        f"{relative(path)}:{function.lineno} {function.name}"
        for path in python_files("services")
        if "commands" in {path.stem, path.parent.name}
        for function in public_functions(path)
        if function.returns is not None and "Receipt" in names(function.returns)
        if "Emits:" not in (ast.get_docstring(function) or "")
    ]
    assert not wrong, f"a line 'Emits: ...' in the docstring: {wrong}"


def test_commands_are_told_the_time():
    """A command takes `now` (or hands the clock on inside a context that the route made); it never reads a clock itself."""
    wrong = [
        f"{relative(path)}:{function.lineno} {function.name}"
        for path in python_files("services")
        if "commands" in {path.stem, path.parent.name}
        for function in functions(path)
        if names(function) & {"desk_now", "wall_now"}
    ]
    assert not wrong, wrong


def test_every_rule_number_exists():
    wrong = sorted(
        {
            f"{relative(path)}: {match.group(0)}"
            for path in (*python_files(), *markdown_files())
            for match in RULE_NUMBER.finditer(text(path))
            if match.group(0) not in LEGAL_RULES
        }
    )
    assert not wrong, f"docs/rules.md does not know these: {wrong}"


def test_every_finding_code_exists():
    used = {
        (relative(path), code)
        for path in python_files(*PACKAGES)
        for _, value in strings(path)
        for code in FINDING_CODE.findall(value)
    } | {(relative(path), code) for path in markdown_files() for code in FINDING_CODE.findall(text(path))}
    wrong = sorted(f"{path}: {code}" for path, code in used if code not in FINDING_CODES)
    assert not wrong, f"contracts/legal_rules does not know these: {wrong}"


def test_every_finding_code_cites_a_rule_that_exists():
    assert not [
        code for code, finding in FINDING_CODES.items() if finding.rule and finding.rule not in LEGAL_RULES
    ]


def test_house_rules_have_a_reason_and_a_test():
    rules = sorted((ROOT / ".ast-grep" / "rules").glob("*.yml"))
    assert rules
    for rule in rules:
        assert "note: |" in text(rule), f"{rule.name} does not say which failure it keeps away"
        tests = text(ROOT / ".ast-grep" / "tests" / rule.name)
        assert "invalid:" in tests, f"{rule.name} has no test that it fires"
        assert tests.count("valid:") > 1, f"{rule.name} has no test that it stays silent"


def test_every_exception_in_the_tools_configuration_has_its_reason():
    """In pyproject.toml, each ignored rule stands on a line of its own with a comment, or in a one-line list with one."""
    inside = False
    bare: list[str] = []
    for line in text(ROOT / "pyproject.toml").splitlines():
        stripped = line.strip()
        if re.match(r'(ignore|DEP\d+|"[^"]+") = \[$', stripped):
            inside = True
        elif stripped.startswith("]"):
            inside = False
        elif inside and stripped.startswith('"') and "#" not in stripped:
            bare.append(stripped)
    assert not bare, bare


def test_suppressions_in_code_say_why():
    """`noqa` and `type: ignore` name their rule; a reason stands behind a dash or on the line above."""
    wrong: list[str] = []
    for path in python_files():
        lines = text(path).splitlines()
        for number, line in enumerate(lines, start=1):
            match = re.search(
                r"#\s*(?:noqa: *[A-Z0-9, ]+|pyright: *ignore\[[^\]]+\]|type: *ignore\[[^\]]+\])(.*)$", line
            )
            if match is None or '"#' in line:
                continue
            above = lines[number - 2].strip() if number > 1 else ""
            if not re.search(r"\w{3}", match.group(1)) and not above.startswith("#"):
                wrong.append(f"{relative(path)}:{number}")
    assert not wrong, f"say why, behind the suppression or on the line above: {wrong}"


def _fields(path: Path) -> Iterator[tuple[int, str, ast.expr]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    yield statement.lineno, statement.target.id, statement.annotation


def _imports(path: Path, module: str) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == module for node in tree(path).body)


def _imported_tops(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found
