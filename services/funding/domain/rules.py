"""The rules of funding, each a sentence with the clause it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from services.funding.domain.streams import Stream
from shared.contracts.funding import StreamShare
from shared.values.money import MAX_PENCE, pounds
from shared.values.refusals import Refusal


class ReserveExhausted(Refusal):
    """Never more is committed than a stream has free."""

    clause = "CAN-3"
    remedy = "Award less, take the rest from another stream, or release commitments and free returned money first."


def never_more_is_committed_than_a_stream_has_free(
    streams: Mapping[str, Stream], shares: Sequence[StreamShare]
) -> None:
    """The reserve is finite and each stream of it on its own (CAN-3). Raises ``ReserveExhausted`` for the first short.

    ``shares`` name streams of ``streams``, each once.
    """
    for share in shares:
        stream = streams[share.stream]
        short = share.amount_pence - stream.free
        if short > 0:
            raise ReserveExhausted(
                f"{stream.name} has {pounds(stream.free)} free, {pounds(short)} less than the award asks of it.",
                stream=share.stream,
                short_by_pence=short,
            )


class PurposeMismatch(Refusal):
    """Money with a purpose is spent on that purpose only."""

    clause = "CAN-3"
    remedy = "Take the money from a stream that has this purpose, or one that may be spent on anything."


def money_with_a_purpose_is_spent_on_that_purpose(slug: str, stream: Stream, purpose: str) -> None:
    """Health money pays for health, other money for what it was given for (CAN-3). Raises ``PurposeMismatch``.

    A stream without purposes may be spent on anything.
    """
    if stream.purposes and purpose not in stream.purposes:
        raise PurposeMismatch(
            f"{stream.name} may be spent on {', '.join(stream.purposes)} only; this is for {purpose}.", stream=slug
        )


class StreamEnded(Refusal):
    """Money is spent by the last day of its stream."""

    clause = "CAN-3"
    remedy = "End the term no later than the stream, or take the money from a stream that lasts longer."


def money_is_spent_by_the_last_day_of_its_stream(slug: str, stream: Stream, day: dt.date) -> None:
    """A grant that has ended pays for nothing more (CAN-3). Raises ``StreamEnded``."""
    if stream.ends_on is not None and day > stream.ends_on:
        raise StreamEnded(
            f"{stream.name} may be spent until {stream.ends_on.isoformat()}; this is for {day.isoformat()}.",
            stream=slug,
        )


class StreamNamedTwice(Refusal):
    """Each stream is named once among the shares of an amount."""

    clause = "CAN-3"
    remedy = "Add up what is asked of the stream into one share."


def each_stream_is_named_once(shares: Sequence[StreamShare]) -> None:
    """Two shares of one stream would each be checked against the same money (CAN-3). Raises ``StreamNamedTwice``."""
    seen: set[str] = set()
    for share in shares:
        if share.stream in seen:
            raise StreamNamedTwice(f"{share.stream!r} stands among the shares twice.", stream=share.stream)
        seen.add(share.stream)


class TermReversed(Refusal):
    """A term ends no earlier than it begins."""

    clause = "CAN-2"
    remedy = "Correct the first or the last day."


def a_term_ends_no_earlier_than_it_begins(starts_on: dt.date, ends_on: dt.date | None) -> None:
    """Both days belong to the term, so one day is the shortest (CAN-2). Raises ``TermReversed``."""
    if ends_on is not None and ends_on < starts_on:
        raise TermReversed(f"The term would begin on {starts_on.isoformat()} and end on {ends_on.isoformat()}.")


class TotalBeyondMeasure(Refusal):
    """A request's total is no more than £100 billion."""

    clause = "CAN-2"
    remedy = "Check the amount, how often it falls due, and the term."


def a_total_can_be_written_down(total_pence: int) -> None:
    """What the contract's amounts cannot hold could never be read again (CAN-2). Raises ``TotalBeyondMeasure``."""
    if total_pence > MAX_PENCE:
        raise TotalBeyondMeasure(f"The request would be for {pounds(total_pence)} in all.")


class RequestStillDeferred(Refusal):
    """A deferred request is reconsidered before it is decided again."""

    clause = "CAN-2"
    remedy = "Reconsider the request, with reasons; then record the decision."


def a_deferred_request_is_reconsidered_before_it_is_decided(request: str, deferred: bool) -> None:
    """What had to be known by then is looked at first (CAN-2). Raises ``RequestStillDeferred``."""
    if deferred:
        raise RequestStillDeferred(f"Request {request!r} is deferred and has not been reconsidered.")


class RequestNotDeferred(Refusal):
    """Only a deferred request is reconsidered."""

    clause = "CAN-2"
    remedy = "Decide the request as it is; it is open."


def only_a_deferred_request_is_reconsidered(request: str, deferred: bool) -> None:
    """An open request is simply decided (CAN-2). Raises ``RequestNotDeferred``."""
    if not deferred:
        raise RequestNotDeferred(f"Request {request!r} is not deferred.")


class RequestAlreadyDeclined(Refusal):
    """A declined request stays declined."""

    clause = "CAN-2"
    remedy = "Make a new request."


def a_declined_request_stays_declined(request: str, declined: bool) -> None:
    """The applicant can rely on the answer and ask anew (CAN-2). Raises ``RequestAlreadyDeclined``."""
    if declined:
        raise RequestAlreadyDeclined(f"Request {request!r} was declined.")


class RequestAlreadyMet(Refusal):
    """A request is met once."""

    clause = "CAN-2"
    remedy = "Look at the award that met it, or make a new request."


def a_request_is_met_once(request: str, award: str | None) -> None:
    """The award closes it (CAN-2). ``award`` is the one that met it, if any. Raises ``RequestAlreadyMet``."""
    if award is not None:
        raise RequestAlreadyMet(f"Request {request!r} was met by award {award!r}.", award=award)


class OtherReserve(Refusal):
    """A request is met from the reserve it was made to."""

    clause = "CAN-3"
    remedy = "Award from the reserve that the request names, or make a request to this one."


def a_request_is_met_from_the_reserve_it_was_made_to(request: str, asked: str, awarding: str) -> None:
    """Whether it was met can then be seen in one place (CAN-3). Raises ``OtherReserve``."""
    if asked != awarding:
        raise OtherReserve(f"Request {request!r} was made to reserve {asked!r}, not to {awarding!r}.")


class CommitmentExceeded(Refusal):
    """Payments and releases never exceed what an award still commits."""

    clause = "CAN-3"
    remedy = "Pay or release less, or have more awarded first."


def payments_and_releases_stay_within_the_award(
    award: str, committed: Mapping[str, int], shares: Sequence[StreamShare]
) -> None:
    """An award is spent once, stream by stream (CAN-3). ``committed``: what is left of it, in pence by stream.

    Raises ``CommitmentExceeded`` for the first stream that has too little.
    """
    for share in shares:
        left = committed.get(share.stream, 0)
        short = share.amount_pence - left
        if short > 0:
            raise CommitmentExceeded(
                f"Award {award!r} still commits {pounds(left)} of {share.stream!r}, {pounds(short)} less than this.",
                stream=share.stream,
                short_by_pence=short,
            )


class ReturnExceedsPayments(Refusal):
    """No more comes back than was paid."""

    clause = "CAN-2"
    remedy = "Record what is beyond the payments as a stream of its own; it is a contribution, not a return."


def no_more_comes_back_than_was_paid(award: str, kept: Mapping[str, int], shares: Sequence[StreamShare]) -> None:
    """A return goes back to the streams it came from (CAN-2). ``kept``: paid and not yet back, in pence by stream.

    Raises ``ReturnExceedsPayments`` for the first stream that got less.
    """
    for share in shares:
        paid = kept.get(share.stream, 0)
        if share.amount_pence > paid:
            raise ReturnExceedsPayments(
                f"The payee of award {award!r} holds {pounds(paid)} of {share.stream!r}, "
                f"{pounds(share.amount_pence - paid)} less than would come back.",
                stream=share.stream,
            )


def no_more_is_estimated_to_come_back_than_was_paid(award: str, kept_pence: int, estimate_pence: int) -> None:
    """An estimate is of money the payee holds (CAN-2). Raises ``ReturnExceedsPayments``."""
    if estimate_pence > kept_pence:
        raise ReturnExceedsPayments(
            f"The payee of award {award!r} holds {pounds(kept_pence)}; {pounds(estimate_pence)} is more than that."
        )


class ReturnReconciled(Refusal):
    """A return is reconciled once, to the penny, and not estimated afterwards."""

    clause = "CAN-2"
    remedy = "Record further money that comes back as a return of its own."


def a_return_is_reconciled_once(return_: str, reconciled: bool) -> None:
    """The exact amount replaces every estimate (CAN-2). Raises ``ReturnReconciled``."""
    if reconciled:
        raise ReturnReconciled(f"Return {return_!r} was reconciled.")


class NothingToFree(Refusal):
    """Money is freed once, after it has come back."""

    clause = "CAN-3"
    remedy = "Look at the return: reconcile it first if the money is back; if it was freed, it can be awarded."


def money_is_freed_once_after_it_has_come_back(return_: str, reconciled: bool, freed: bool) -> None:
    """An estimate is not money, and freed money is not free twice (CAN-3). Raises ``NothingToFree``."""
    if not reconciled:
        raise NothingToFree(f"Return {return_!r} is only estimated; the money has not come back.")
    if freed:
        raise NothingToFree(f"The money of return {return_!r} was freed.")


class OtherPayee(Refusal):
    """A return is estimated for the award's own payee."""

    clause = "CAN-2"
    remedy = "Name the award's payee, or the award that was paid to this one."


def a_return_is_estimated_for_the_awards_own_payee(award: str, payee: str, named: str) -> None:
    """Nobody gives back what another was paid (CAN-2). Raises ``OtherPayee``."""
    if named != payee:
        raise OtherPayee(f"Award {award!r} pays {payee!r}, not {named!r}.")


class NotYetMoved(Refusal):
    """Money is recorded when it has moved, not before."""

    clause = "CAN-3"
    remedy = "Correct the day, or record it when it has come."


def money_is_recorded_when_it_has_moved(day: dt.date, today: dt.date) -> None:
    """What is still to come is a commitment or an estimate (CAN-3). Raises ``NotYetMoved``."""
    if day > today:
        raise NotYetMoved(f"{day.isoformat()} lies after today, {today.isoformat()}.")
