"""A YAML file read strictly: every fault is refused with the file and the line it stands on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsar.sdk.settings import BadInput


class YamlLines:
    """The nodes of one YAML document, each of which knows its line."""

    def __init__(self, name: str, root: Any) -> None:
        self.name = name
        self.root = root

    @classmethod
    def of(cls, path: Path) -> "YamlLines":
        """The document in a file. Raises BadInput if it cannot be read."""
        try:
            import yaml  # type: ignore[import-untyped,unused-ignore]
        except ImportError:
            mend = "Install the package pyyaml, or declare the tables in TOML."
            raise BadInput(path.name, "needs a reader of YAML.", mend) from None
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (OSError, UnicodeDecodeError) as error:
            problem = f"cannot be read ({type(error).__name__})."
            raise BadInput(path.name, problem, "Correct the path, or save it as UTF-8.") from None
        except yaml.MarkedYAMLError as error:
            line = (error.problem_mark.line + 1) if error.problem_mark else 1
            mend = "Mend the indentation or the quotes."
            raise BadInput(f"{path.name} line {line}", "is not YAML.", mend) from None
        if root is None:
            raise BadInput(path.name, "is empty.", "Describe the source in it.")
        return cls(path.name, root)

    def fault(self, node: Any, problem: str, mend: str) -> BadInput:
        """What is wrong on this node's line."""
        return BadInput(f"{self.name} line {node.start_mark.line + 1}", problem, mend)

    def table(self, node: Any, known: str) -> dict[str, Any]:
        """The members of a mapping, by name; `known` are the names it may have."""
        if node.id != "mapping":
            raise self.fault(node, "is not a mapping.", "Write it as name: value.")
        found: dict[str, Any] = {}
        for name, value in node.value:
            if name.value not in known.split():
                choice = ", ".join(sorted(known.split()))
                raise self.fault(name, f"{name.value} is not known here.", f"Known are {choice}.")
            if name.value in found:
                raise self.fault(name, f"{name.value} stands here twice.", "Leave one out.")
            if value.tag != "tag:yaml.org,2002:null":
                found[name.value] = value
        return found

    def member(self, node: Any, entries: Mapping[str, Any], name: str) -> Any:
        """A member that must be there."""
        if name not in entries:
            raise self.fault(node, f"{name} is missing.", f"Add {name}: …")
        return entries[name]

    def items(self, node: Any) -> list[Any]:
        """The members of a list."""
        if node.id != "sequence":
            raise self.fault(node, "is not a list.", "Write each member behind a dash.")
        return list(node.value)

    def text(self, node: Any) -> str:
        """A text that is not empty."""
        if node.id != "scalar" or not node.value.strip():
            raise self.fault(node, "is not text.", "Write a text.")
        return str(node.value)

    def flag(self, node: Any) -> bool:
        """True or false; absent is false."""
        if node is None:
            return False
        if node.tag != "tag:yaml.org,2002:bool":
            raise self.fault(node, "is neither true nor false.", "Write true or false.")
        return str(node.value).lower() in {"true", "yes", "on"}
