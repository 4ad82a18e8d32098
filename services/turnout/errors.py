"""What can be wrong with a command or a question to turnout, beside what the chassis knows."""

from chassis.problems import NotFound


class TpsUnknown(NotFound):
    """No TPS of this election has that code."""

    code = "tps-unknown"
    title, title_id = "There is no such TPS", "TPS tidak ditemukan"
    learned_from = "registry"
