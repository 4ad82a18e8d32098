"""The arithmetic of a form, told a second time and apart from the code that draws forms."""

from simulator.plan.model import Form, Line


def broken_rules(form: Form) -> list[str]:
    lines: list[Line] = [
        form.dpt,
        form.users_dpt,
        form.users_pindahan,
        form.users_tambahan,
        form.users,
        form.disabled,
    ]
    numbers = [figure for line in lines for figure in (line.men, line.women, line.total)]
    numbers += [form.ballots_received, form.ballots_used, form.ballots_spoiled, form.ballots_unused]
    numbers += [form.valid, form.invalid, form.total, *(count for _, count in form.votes)]
    own = (form.users_dpt, form.users_pindahan, form.users_tambahan)
    checks = {
        "E-CAND-SUM": sum(count for _, count in form.votes) == form.valid,
        "E-TOTAL-SUM": form.valid + form.invalid == form.total,
        "E-USED-TOTAL": form.total == form.ballots_used,
        "E-USERS-TOTAL": form.users.total == form.total,
        "E-USED-USERS": form.ballots_used == form.users.total,
        "E-USERS-SUM": form.users
        == Line(sum(x.men for x in own), sum(x.women for x in own), sum(x.total for x in own)),
        "E-SEX-SUM": all(line.men + line.women == line.total for line in lines),
        "E-DPT-USERS": form.users_dpt.men <= form.dpt.men
        and form.users_dpt.women <= form.dpt.women
        and form.users_dpt.total <= form.dpt.total,
        "E-BALLOT-SUM": form.ballots_received
        == form.ballots_used + form.ballots_spoiled + form.ballots_unused,
        "E-BALLOT-CAP": form.ballots_used <= form.ballots_received,
        "E-NEGATIVE": min(numbers) >= 0,
        "W-BALLOT-NEED": form.ballots_received == form.dpt.total + (form.dpt.total * 25 + 999) // 1000,
        "disabled voters are voters": form.disabled.men <= form.users.men
        and form.disabled.women <= form.users.women,
    }
    return [code for code, holds in checks.items() if not holds]
