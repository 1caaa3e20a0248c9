"""CPUs in groups that share a last-level cache, from files as the kernel writes them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringbench.kernel import cpus
from ringbench.machine.caches import online_by_cache
from ringbench.spec import cpu_list
from tests.machine.conftest import Machine

_CPU = "sys/devices/system/cpu"


def cache(cpu: int, index: int, level: object, sharing: str, kind: str = "Unified") -> dict[str, str]:
    """Return the files of one cache of *cpu*."""
    place = f"{_CPU}/cpu{cpu}/cache/index{index}"
    return {
        f"{place}/level": f"{level}\n",
        f"{place}/shared_cpu_list": f"{sharing}\n",
        f"{place}/type": f"{kind}\n",
    }


def machine_of(online: str, groups: dict[int, str]) -> dict[str, str]:
    """Return the files of CPUs with caches of their own below one that the CPUs of their group share."""
    files = {f"{_CPU}/online": f"{online}\n"}
    for cpu, sharing in groups.items():
        for index, kind in ((0, "Data"), (1, "Instruction")):
            files |= cache(cpu, index, 1, str(cpu), kind)
        files |= cache(cpu, 3, 3, sharing) | cache(cpu, 2, 2, str(cpu))
    return files


def test_cpus_of_one_last_level_cache_are_a_group_however_they_are_numbered(machine: Machine) -> None:
    # Two complexes of a processor with SMT: the siblings are numbered behind all cores.
    sharing = dict.fromkeys((0, 1, 4, 5), "0-1,4-5") | dict.fromkeys((2, 3, 6, 7), "2-3,6-7")
    assert online_by_cache(machine(machine_of("0-7", sharing))) == ((0, 1, 4, 5), (2, 3, 6, 7))


def test_offline_cpus_are_in_no_group(machine: Machine) -> None:
    sharing = dict.fromkeys((0, 1), "0-1") | dict.fromkeys((2, 3), "2-3")
    assert online_by_cache(machine(machine_of("0-1,3", sharing))) == ((0, 1), (3,))


def test_an_instruction_cache_and_a_level_that_is_no_number_are_passed_over(machine: Machine) -> None:
    files = {f"{_CPU}/online": "0-1"}
    for cpu in (0, 1):
        files |= cache(cpu, 0, 1, str(cpu), "Data") | cache(cpu, 1, 4, "0-1", "Instruction") | cache(cpu, 2, "x", "0-1")
    assert online_by_cache(machine(files)) == ((0,), (1,))


def test_without_caches_a_group_is_a_node_and_without_nodes_all_are_one(machine: Machine) -> None:
    root = machine({f"{_CPU}/online": "0-3"})
    assert online_by_cache(root) == ((0, 1, 2, 3),)
    machine({f"sys/devices/system/node/node{node}/cpulist": text for node, text in enumerate(("0,2", "1,3", ""))})
    assert online_by_cache(root) == ((0, 2), (1, 3))
    machine({f"{_CPU}/online": "0-5"})  # of two, the kernel tells nothing
    assert online_by_cache(root) == ((0, 2), (1, 3), (4, 5))


def test_a_machine_that_tells_nothing_has_one_cpu(machine: Machine) -> None:
    assert online_by_cache(machine({})) == ((0,),)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    st.dictionaries(st.integers(0, 7), st.sets(st.integers(0, 9), min_size=1).map(cpu_list.show) | st.text(max_size=5))
)
def test_whatever_the_files_say_each_cpu_is_in_one_group(machine: Machine, sharing: dict[int, str]) -> None:
    files = {path: text.encode(errors="replace").decode() for path, text in machine_of("0-7", sharing).items() if text}
    groups = online_by_cache(machine(files))
    assert sorted(cpu for group in groups for cpu in group) == list(range(8))
    assert list(groups) == sorted(groups)


def test_this_machine_has_each_of_its_cpus_in_a_group() -> None:
    assert sorted(cpu for group in online_by_cache() for cpu in group) == list(cpus.online())
