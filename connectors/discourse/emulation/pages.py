"""What a site tells everybody about itself: app/controllers/site_controller.rb."""

from connectors.discourse.emulation.calls import Part
from connectors.kit.emulation import Call, route
from provisioner.emulation import Response


class Pages(Part):
    """Its name, and those of its settings that browsers need."""

    @route("GET", "/site/basic-info.json")
    def basic(self, call: Call) -> Response:  # noqa: ARG002 - the same for all
        site = self.world.site
        return Response.json({"title": "Forum", "description": "", "login_required": site.login_required})

    @route("GET", "/site/settings.json")
    def settings(self, call: Call) -> Response:  # noqa: ARG002 - the same for all
        site = self.world.site
        least, most = site.username_length
        return Response.json(
            {
                "min_username_length": least,
                "max_username_length": most,
                "enable_category_group_moderation": site.enable_category_group_moderation,
                "enable_discourse_connect": False,
                "enable_local_logins": False,
                "max_category_nesting": site.max_category_nesting,
            }
        )
