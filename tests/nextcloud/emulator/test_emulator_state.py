"""What the emulator holds stays consistent, whatever is done to it by hand."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.nextcloud.emulation.accounts.fields import bytes_of, parse_quota, size_of
from connectors.nextcloud.emulation.accounts.state import Accounts

names = st.sampled_from(["anna", "Bert", "c d", "12"])
groups = st.sampled_from(["a", "b", "A/B"])
deeds = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "join", "leave", "group", "ungroup", "rename"]), names, groups),
    max_size=30,
)


@given(deeds)
def test_users_and_groups_tell_the_same_memberships(done: list[tuple[str, str, str]]) -> None:
    accounts = Accounts()
    for deed, user_id, group_id in done:
        if deed == "add" and user_id not in accounts.users:
            accounts.add_user(user_id, groups=[group_id])
        elif deed == "group" and group_id not in accounts.groups:
            accounts.add_group(group_id)
        elif deed == "ungroup" and group_id in accounts.groups:
            accounts.remove_group(group_id)
        elif user_id in accounts.users:
            if deed == "remove":
                accounts.remove_user(user_id)
            elif deed == "join":
                accounts.join(user_id, group_id)
                accounts.make_subadmin(user_id, group_id)
            elif deed == "leave" and group_id in accounts.groups:
                accounts.leave(user_id, group_id)
            elif deed == "rename":
                accounts.rename(user_id, group_id)
        told_by_users = {(user.id, group) for user in accounts.users.values() for group in user.groups}
        told_by_groups = {(member, group.id) for group in accounts.groups.values() for member in group.members}
        assert told_by_users == told_by_groups
        assert {group for user in accounts.users.values() for group in user.subadmin} <= set(accounts.groups)
        assert sorted(user.id for user in accounts.page()) == sorted(accounts.users)
        for known in accounts.users.values():
            assert accounts.find(known.id.upper()) is known


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.integers(min_value=1, max_value=5))
def test_pages_together_are_the_whole_list(ids: list[str], size: int) -> None:
    accounts = Accounts()
    for user_id in ids:
        accounts.add_user(user_id, display_name=user_id.upper())
    pages = [accounts.page(limit=size, offset=start) for start in range(0, len(ids) + 1, size)]
    assert [user.id for page in pages for user in page] == sorted(ids)


@given(st.integers(min_value=0, max_value=10**17))
def test_a_kept_quota_is_kept_again_unchanged(number: int) -> None:
    kept = parse_quota(str(number))
    assert size_of(bytes_of(kept) or 0) == kept
