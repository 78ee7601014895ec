"""What `/system_info` tells of the machine, by the names that lscpu and free have for it."""

import os
import platform
from pathlib import Path

_CPU, _MEMORY = Path("/proc/cpuinfo"), Path("/proc/meminfo")
_NAMES = {
    "vendor_id": "Vendor ID",
    "model name": "Model name",
    "cpu family": "CPU family",
    "model": "Model",
    "stepping": "Stepping",
    "cpu MHz": "CPU MHz",
    "flags": "Flags",
}
_KIB_A_GIB = 1 << 20


def system_info() -> dict[str, str]:
    processor = _pairs(_CPU)
    memory = _pairs(_MEMORY)
    return {
        "Architecture": platform.machine(),
        "CPU(s)": str(os.cpu_count() or 1),
        **{shown: processor[name] for name, shown in _NAMES.items() if name in processor},
        "Mem": _size(memory.get("MemTotal", "")),
        "Swap": _size(memory.get("SwapTotal", "")),
    }


def _pairs(path: Path) -> dict[str, str]:
    """The first value of each name: the processors are alike."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        pairs.setdefault(name.strip(), value.strip())
    return pairs


def _size(text: str) -> str:
    number = text.split(maxsplit=1)[0] if text else "0"
    return f"{int(number) / _KIB_A_GIB:.1f}Gi" if number.isdecimal() else "0.0Gi"
