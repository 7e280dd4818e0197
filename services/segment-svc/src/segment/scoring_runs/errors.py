"""What can be wrong with a scoring run."""

from crmkit.problems import Invalid, NotFound


class ScoringRunNotFound(NotFound):
    code, title = "scoring_run_not_found", "There is no such scoring run"


class NoScores(NotFound):
    code, title = "no_scores", "Nothing has been scored for this"


class FutureScoring(Invalid):
    code, title = "future_scoring", "A run cannot look further ahead than to tomorrow's midnight"
