"""Staff manage accounts."""

from litestar import get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from application.use_cases.list_users import ListUsers
from application.use_cases.update_user import UpdateUser
from domain.ids import UserId
from domain.user import User
from entrypoints.http.bodies import json_body
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.problems import HttpRequest
from entrypoints.http.queries import PageQuery, Paging, identifier, query_of
from entrypoints.http.rate_limits import READ, WRITE
from entrypoints.http.responses import in_utc, json_response
from entrypoints.http.schemas.users import UserChange, UserPage, UserView
from entrypoints.http.use_cases import HttpOptions


@get(
    "/admin/users",
    opt=described(
        Operation(
            summary="List accounts",
            description="The oldest first.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=PageQuery,
            answers=(Answer(description="A page.", body=UserPage),),
        )
    ),
)
async def list_users_route(
    request: HttpRequest,
    list_users: NamedDependency[ListUsers],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    paging = Paging(request, query_of(request, PageQuery), options.cursor_key)
    after = paging.position
    found = await list_users(after=UserId(after) if after else None, limit=paging.limit + 1)
    items = [_view(user) for user in found[: paging.limit]]
    next_cursor = paging.next_cursor(len(found), items[-1].id if items else "")
    return json_response(UserPage(items=items, next_cursor=next_cursor))


@patch(
    "/admin/users/{user_id:str}",
    opt=described(
        Operation(
            summary="Change a role, disable or enable",
            description="Disabling ends every sign-in of the account. The last enabled admin "
            "stays one.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            bodies={"application/json": UserChange},
            answers=(Answer(description="The account.", body=UserView),),
            problems=frozenset({404, 409}),
        )
    ),
)
async def update_user_route(
    request: HttpRequest, user_id: FromPath[str], update_user: NamedDependency[UpdateUser]
) -> Response[bytes]:
    wanted = UserId(identifier(user_id))
    body = await json_body(request, UserChange)
    return json_response(_view(await update_user(wanted, role=body.role, disabled=body.disabled)))


ROUTES = (list_users_route, update_user_route)


def _view(user: User) -> UserView:
    return UserView(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        role=user.role,
        disabled=user.disabled,
        created_at=in_utc(user.created_at),
    )
