from trunkline.registry.store_records import StoreStatus, difference, named

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def test_a_number_with_another_bundle_is_a_difference_both_ways() -> None:
    status = StoreStatus(
        commit="c", files=1, megabytes=0.1, there={"m/1": ONE, "m/2": ONE}, here={"m/1": TWO, "m/2": ONE}
    )

    assert status.missing == {"m/1": ONE}
    assert status.own == {"m/1": TWO}


def test_what_others_have_too_is_no_difference() -> None:
    assert difference({"m/1": ONE}, {"m/1": ONE, "m/2": TWO}) == {}


def test_versions_read_as_people_say_them() -> None:
    said = named({"loans/1": ONE, "loans/2": "run:77"})

    assert said == "loans version 1 (111111111111), loans version 2 (run:77)"
