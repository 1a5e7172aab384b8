import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HeadRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HeadReply(_message.Message):
    __slots__ = ("size",)
    SIZE_FIELD_NUMBER: _ClassVar[int]
    size: int
    def __init__(self, size: _Optional[int] = ...) -> None: ...

class Filter(_message.Message):
    __slots__ = ("partnership", "service", "subject", "type", "actor", "decision")
    PARTNERSHIP_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    partnership: str
    service: str
    subject: str
    type: str
    actor: str
    decision: str
    def __init__(self, partnership: _Optional[str] = ..., service: _Optional[str] = ..., subject: _Optional[str] = ..., type: _Optional[str] = ..., actor: _Optional[str] = ..., decision: _Optional[str] = ...) -> None: ...

class ReplayRequest(_message.Message):
    __slots__ = ("from_position", "to_position", "recorded_until", "filter", "happened_until")
    FROM_POSITION_FIELD_NUMBER: _ClassVar[int]
    TO_POSITION_FIELD_NUMBER: _ClassVar[int]
    RECORDED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    HAPPENED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    from_position: int
    to_position: int
    recorded_until: _timestamp_pb2.Timestamp
    filter: Filter
    happened_until: _timestamp_pb2.Timestamp
    def __init__(self, from_position: _Optional[int] = ..., to_position: _Optional[int] = ..., recorded_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., filter: _Optional[_Union[Filter, _Mapping]] = ..., happened_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FollowRequest(_message.Message):
    __slots__ = ("from_position", "filter", "with_proofs", "types")
    FROM_POSITION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    WITH_PROOFS_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    from_position: int
    filter: Filter
    with_proofs: bool
    types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, from_position: _Optional[int] = ..., filter: _Optional[_Union[Filter, _Mapping]] = ..., with_proofs: _Optional[bool] = ..., types: _Optional[_Iterable[str]] = ...) -> None: ...

class Page(_message.Message):
    __slots__ = ("entries", "next_position", "size", "batches", "reached")
    class ReachedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_POSITION_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    REACHED_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    next_position: int
    size: int
    batches: _containers.RepeatedCompositeFieldContainer[SignedBatch]
    reached: _containers.ScalarMap[str, int]
    def __init__(self, entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., next_position: _Optional[int] = ..., size: _Optional[int] = ..., batches: _Optional[_Iterable[_Union[SignedBatch, _Mapping]]] = ..., reached: _Optional[_Mapping[str, int]] = ...) -> None: ...

class SignedBatch(_message.Message):
    __slots__ = ("source", "last", "size", "key_id", "signature", "head_before", "leaf_hashes")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    HEAD_BEFORE_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASHES_FIELD_NUMBER: _ClassVar[int]
    source: str
    last: int
    size: int
    key_id: bytes
    signature: bytes
    head_before: bytes
    leaf_hashes: bytes
    def __init__(self, source: _Optional[str] = ..., last: _Optional[int] = ..., size: _Optional[int] = ..., key_id: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., head_before: _Optional[bytes] = ..., leaf_hashes: _Optional[bytes] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("position", "source", "source_sequence", "entry", "leaf_hash")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASH_FIELD_NUMBER: _ClassVar[int]
    position: int
    source: str
    source_sequence: int
    entry: bytes
    leaf_hash: bytes
    def __init__(self, position: _Optional[int] = ..., source: _Optional[str] = ..., source_sequence: _Optional[int] = ..., entry: _Optional[bytes] = ..., leaf_hash: _Optional[bytes] = ...) -> None: ...

class GetCheckpointRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = ("size", "root", "note")
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    size: int
    root: bytes
    note: str
    def __init__(self, size: _Optional[int] = ..., root: _Optional[bytes] = ..., note: _Optional[str] = ...) -> None: ...

class GetProofRequest(_message.Message):
    __slots__ = ("positions", "event_ids")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedScalarFieldContainer[int]
    event_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, positions: _Optional[_Iterable[int]] = ..., event_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetProofReply(_message.Message):
    __slots__ = ("checkpoint", "inclusions", "policy")
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    INCLUSIONS_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    checkpoint: Checkpoint
    inclusions: _containers.RepeatedCompositeFieldContainer[Inclusion]
    policy: str
    def __init__(self, checkpoint: _Optional[_Union[Checkpoint, _Mapping]] = ..., inclusions: _Optional[_Iterable[_Union[Inclusion, _Mapping]]] = ..., policy: _Optional[str] = ...) -> None: ...

class Inclusion(_message.Message):
    __slots__ = ("position", "event_id", "leaf_hash", "hashes")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    LEAF_HASH_FIELD_NUMBER: _ClassVar[int]
    HASHES_FIELD_NUMBER: _ClassVar[int]
    position: int
    event_id: str
    leaf_hash: bytes
    hashes: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, position: _Optional[int] = ..., event_id: _Optional[str] = ..., leaf_hash: _Optional[bytes] = ..., hashes: _Optional[_Iterable[bytes]] = ...) -> None: ...

class GetConsistencyRequest(_message.Message):
    __slots__ = ("old_size", "new_size")
    OLD_SIZE_FIELD_NUMBER: _ClassVar[int]
    NEW_SIZE_FIELD_NUMBER: _ClassVar[int]
    old_size: int
    new_size: int
    def __init__(self, old_size: _Optional[int] = ..., new_size: _Optional[int] = ...) -> None: ...

class GetConsistencyReply(_message.Message):
    __slots__ = ("hashes",)
    HASHES_FIELD_NUMBER: _ClassVar[int]
    hashes: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, hashes: _Optional[_Iterable[bytes]] = ...) -> None: ...
