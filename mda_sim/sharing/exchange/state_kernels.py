"""The state as compiled code sees it: one thing with all tables in it, handed on by reference.

Model: a tuple of some forty tables would be handed from kernel to kernel table by table. A numba structure
with the same fields is handed on as one pointer. With compilation switched off the tuple itself serves.

Assumptions and limits: tables are replaced by making a new structure; what is in them is shared.
Where next: ``engine`` makes a new one when a table has grown.
"""

from __future__ import annotations

from typing import Any

import numba
from numba.core import types
from numba.experimental import structref

from mda_sim.core.jit import kernel
from mda_sim.sharing.exchange.layout import State


@structref.register
class StateType(types.StructRef):
    """Type of the structure."""

    def preprocess_fields(self, fields: Any) -> Any:
        """Forget which values are literals."""
        plain: Any = types.unliteral
        return tuple((name, plain(kind)) for name, kind in fields)


class StateProxy(structref.StructRefProxy):
    """The structure, as Python holds it."""

    def __new__(cls, *tables: Any) -> Any:
        """Of the tables of a ``State``, in their order."""
        make: Any = structref.StructRefProxy.__new__
        return make(cls, *tables)


_define: Any = structref.define_proxy
_define(StateProxy, StateType, list(State._fields))


def by_reference(state: State) -> Any:
    """The structure with the tables of a state."""
    config: Any = numba.config
    return state if config.DISABLE_JIT else _made(state)


@kernel
def _made(state: State) -> Any:
    """Compiled, so that it is kept with the other kernels."""
    return StateProxy(*state)
