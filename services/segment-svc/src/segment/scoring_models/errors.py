"""What can be wrong with a scoring model."""

from crmkit.problems import Conflict, NotFound, UnknownReference


class ScoringModelNotFound(NotFound):
    code, title = "scoring_model_not_found", "There is no such scoring model"


class UnknownScoringModel(UnknownReference):
    code, title = "unknown_scoring_model", "There is no scoring model of this name"


class ScoringModelChanged(Conflict):
    code, title = "scoring_model_changed", "Another version of this model was made at the same moment"
