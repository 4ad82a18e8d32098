"""Rules of personnel: figures that fit together."""

from services.registry.schemas.personnel import PersonnelFacts
from services.registry.schemas.shapes import Misfit


def personnel_misfits(facts: PersonnelFacts) -> list[Misfit]:
    """Return what does not fit: nobody is trained who is neither planned nor there.

    Example: twelve planned, ten there, twelve trained fits; thirteen trained does not. More there than planned fits.
    """
    if facts.trained is None or facts.trained <= max(facts.planned, facts.present or 0):
        return []
    return [
        Misfit(
            "trained",
            "more-than-there-are",
            "No more are trained than are planned or there.",
            "Yang dilatih tidak melebihi yang direncanakan atau yang hadir.",
        )
    ]
