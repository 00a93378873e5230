"""Words whose order is known: months, sizes, answers of questionnaires."""

from __future__ import annotations

from collections.abc import Sequence

#: From low to high, in English and in German; words beside each other are one step.
_SCALES = tuple(
    tuple(frozenset(step.split("|")) for step in scale.split(";"))
    for scale in (
        "jan|january|januar|jän|jänner;feb|february|februar;mar|march|mär|mrz|märz;"
        "apr|april;may|mai;jun|june|juni;jul|july|juli;aug|august;"
        "sep|sept|september;oct|october|okt|oktober;nov|november;"
        "dec|december|dez|dezember",
        "mon|monday;tue|tues|tuesday;wed|wednesday;thu|thur|thurs|thursday;fri|friday;"
        "sat|saturday;sun|sunday",
        "montag|mo;dienstag|di;mittwoch|mi;donnerstag|do;freitag|fr;samstag|sa;"
        "sonntag|so",
        "none;very low;low|lo;medium low;medium|mid|middle|moderate|med;medium high;"
        "high|hi;very high",
        "very small|xs;small|s;medium|m;large|l;very large|xl;xxl",
        "none;mild|minimal;moderate;severe;very severe|extreme",
        "never;almost never;rarely|seldom;sometimes|occasionally;often|frequently;"
        "almost always;always",
        "strongly disagree;disagree;somewhat disagree|slightly disagree;"
        "neutral|undecided|neither agree nor disagree|neither;"
        "somewhat agree|slightly agree;agree;strongly agree",
        "not at all;a little|slightly;somewhat|moderately;very much|very|quite a bit;"
        "extremely",
        "very poor|very bad;poor|bad;fair|average|ok;good;very good;excellent",
        "first;second;third;fourth;fifth;sixth",
        "before;during;after",
        "baseline|pre;mid;post;followup|follow-up|follow up",
        "nie|niemals;fast nie;selten;manchmal|gelegentlich;oft|häufig;"
        "fast immer|sehr oft|sehr häufig;immer",
        "sehr niedrig;niedrig|tief|gering;mittel;hoch;sehr hoch",
        "sehr klein;klein;mittel;groß|gross;sehr groß|sehr gross",
        "gar nicht|überhaupt nicht;kaum|wenig|ein wenig|etwas;mittel|mittelmäßig;"
        "ziemlich;sehr|stark;sehr stark|völlig",
        "sehr schlecht;schlecht;mittel|mittelmäßig;gut;sehr gut",
        "stimme gar nicht zu|stimme überhaupt nicht zu|trifft gar nicht zu|"
        "trifft überhaupt nicht zu;stimme nicht zu|trifft nicht zu;"
        "stimme eher nicht zu|trifft eher nicht zu;"
        "teils/teils|teils teils|teils, teils|teils-teils|weder noch|neutral|"
        "unentschieden;stimme eher zu|trifft eher zu;stimme zu|trifft zu;"
        "stimme voll zu|stimme völlig zu|stimme voll und ganz zu|trifft völlig zu|"
        "trifft voll zu|trifft voll und ganz zu",
        "i;ii;iii;iv;v;vi;vii;viii;ix;x;xi;xii",
    )
)


def scale_order(levels: Sequence[str]) -> tuple[str, ...] | None:
    """Return levels from low to high, if they are the words of one scale.

    >>> scale_order(["high", "low", "medium"])
    ('low', 'medium', 'high')
    """
    words = [" ".join(level.casefold().split()).rstrip(".") for level in levels]
    found: tuple[str, ...] | None = None
    for scale in _SCALES:
        steps = [
            next((n for n, step in enumerate(scale) if word in step), None)
            for word in words
        ]
        known = [step for step in steps if step is not None]
        if len(known) < len(words) or len(set(known)) < len(words):
            continue
        order = tuple(level for _, level in sorted(zip(known, levels, strict=True)))
        if found is not None and found != order:
            return None
        found = order
    return found
