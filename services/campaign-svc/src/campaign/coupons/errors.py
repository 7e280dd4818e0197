"""What can go wrong with coupons."""

from crmkit.problems import NotFound


class CouponNotFound(NotFound):
    code, title = "coupon_not_found", "There is no coupon with this code"


class CouponBatchNotFound(NotFound):
    code, title = "coupon_batch_not_found", "There is no such batch of coupons"
