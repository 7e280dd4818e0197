"""Token buckets and the fields that tell of them."""

from gateway.access.limits import PEERS, Bucket, Peers


def test_a_full_bucket_may_be_spent_at_once_and_refills_evenly() -> None:
    bucket = Bucket(60, now=0.0)
    assert all(bucket.take(0.0) for _ in range(60))
    assert not bucket.take(0.0)
    assert bucket.retry_after_s() == 1
    assert bucket.take(1.0)
    assert not bucket.take(1.5)
    assert bucket.take(2.0)


def test_it_never_holds_more_than_its_size() -> None:
    bucket = Bucket(2, now=0.0)
    assert [bucket.take(3600.0) for _ in range(3)] == [True, True, False]


def test_slow_limits_tell_how_long_to_wait() -> None:
    bucket = Bucket(1, now=0.0)
    assert bucket.take(0.0)
    assert not bucket.take(15.0)
    assert bucket.retry_after_s() == 45


def test_fields() -> None:
    bucket = Bucket(6000, now=0.0)
    bucket.take(0.0)
    assert bucket.policy == b'"client";q=6000;w=60'
    assert bucket.state() == b'"client";r=5999;t=1'


def test_peers_are_told_apart_and_forgotten_in_turn() -> None:
    peers = Peers(1)
    assert peers.bucket("10.0.0.1", 0.0).take(0.0)
    assert not peers.bucket("10.0.0.1", 0.0).take(0.0)
    assert peers.bucket("10.0.0.2", 0.0).take(0.0)
    for number in range(PEERS):
        peers.bucket(f"peer {number}", 0.0)
    assert peers.bucket("10.0.0.1", 0.0).take(0.0)
