from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckAwardsRequest(_message.Message):
    __slots__ = ("partnership", "decision", "request", "happened_at", "awards")
    PARTNERSHIP_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    HAPPENED_AT_FIELD_NUMBER: _ClassVar[int]
    AWARDS_FIELD_NUMBER: _ClassVar[int]
    partnership: str
    decision: str
    request: str
    happened_at: str
    awards: _containers.RepeatedCompositeFieldContainer[Award]
    def __init__(self, partnership: _Optional[str] = ..., decision: _Optional[str] = ..., request: _Optional[str] = ..., happened_at: _Optional[str] = ..., awards: _Optional[_Iterable[_Union[Award, _Mapping]]] = ...) -> None: ...

class Award(_message.Message):
    __slots__ = ("reserve", "award", "payee", "purpose", "starts_on", "ends_on", "shares")
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    AWARD_FIELD_NUMBER: _ClassVar[int]
    PAYEE_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    STARTS_ON_FIELD_NUMBER: _ClassVar[int]
    ENDS_ON_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    reserve: str
    award: str
    payee: str
    purpose: str
    starts_on: str
    ends_on: str
    shares: _containers.RepeatedCompositeFieldContainer[Share]
    def __init__(self, reserve: _Optional[str] = ..., award: _Optional[str] = ..., payee: _Optional[str] = ..., purpose: _Optional[str] = ..., starts_on: _Optional[str] = ..., ends_on: _Optional[str] = ..., shares: _Optional[_Iterable[_Union[Share, _Mapping]]] = ...) -> None: ...

class Share(_message.Message):
    __slots__ = ("stream", "amount_pence")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_PENCE_FIELD_NUMBER: _ClassVar[int]
    stream: str
    amount_pence: int
    def __init__(self, stream: _Optional[str] = ..., amount_pence: _Optional[int] = ...) -> None: ...

class CheckAwardsReply(_message.Message):
    __slots__ = ("refusals",)
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    refusals: _containers.RepeatedCompositeFieldContainer[Refusal]
    def __init__(self, refusals: _Optional[_Iterable[_Union[Refusal, _Mapping]]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("type", "title", "detail", "clause", "remedy", "figures")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    type: str
    title: str
    detail: str
    clause: str
    remedy: str
    figures: str
    def __init__(self, type: _Optional[str] = ..., title: _Optional[str] = ..., detail: _Optional[str] = ..., clause: _Optional[str] = ..., remedy: _Optional[str] = ..., figures: _Optional[str] = ...) -> None: ...
