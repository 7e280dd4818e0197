"""What can be wrong with a question for scores."""

from crmkit.problems import NotFound


class CustomerNotScored(NotFound):
    code, title = "customer_not_scored", "This customer has no score in that run"
