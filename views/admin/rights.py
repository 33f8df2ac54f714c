"""Rights and operations in words, for the rights editor and the operation log."""

from flask_babel import lazy_gettext as _

RESOURCES = {
    "admin": _("Administration"),
    "agent": _("Agents"),
    "article": _("Articles"),
    "article_category": _("Article categories"),
    "article_vector": _("Search index"),
    "chat_message": _("Messages (read-only)"),
    "company": _("Company"),
    "contact": _("Contacts"),
    "conversation": _("Conversations"),
    "conversation_assignment": _("Conversation assignments"),
    "customer": _("Customers"),
    "ab_user": _("User"),
    "ab_role": _("Role"),
    "department": _("Departments"),
    "dictionary": _("Dictionaries"),
    "dictionary_item": _("Dictionary items"),
    "file": _("Uploads"),
    "file_object": _("Files"),
    "login_session": _("Sign-ins"),
    "maintenance": _("Maintenance"),
    "message": _("Messages"),
    "notification": _("Notifications"),
    "operation_log": _("Operation log"),
    "organization": _("Organizations"),
    "question": _("Questions"),
    "quick_reply": _("Quick replies"),
    "rating": _("Ratings"),
    "role": _("Roles"),
    "role_scope": _("Data scopes"),
    "session": _("Sign-in"),
    "statistics": _("Statistics"),
    "system_setting": _("System settings"),
    "team": _("Teams"),
    "team_member": _("Team members"),
    "ticket": _("Tickets"),
    "ticket_assignment": _("Ticket assignments"),
    "ticket_follow_up": _("Follow-ups"),
    "user": _("Users"),
}
#: what is named alike for every resource
VERBS = {
    "read": _("View"),
    "create": _("Create"),
    "update": _("Change"),
    "delete": _("Delete"),
    "export": _("Export"),
    "menu_access": _("Menu entry"),
}
ACTIONS = {
    "admin.enter": _("Enter the administration"),
    "agent.connection_lost": _("Set offline after a lost connection"),
    "agent.set_presence": _("Set own presence"),
    "agent.set_presence_of_others": _("Set the presence of others"),
    "article.ask": _("Ask the knowledge base"),
    "article.import_help": _("Import the manuals"),
    "article.index": _("Index for search"),
    "article.publish": _("Publish"),
    "article.rate": _("Rate"),
    "article.withdraw": _("Withdraw"),
    "company.create": _("Create"),
    "company.place_accounts": _("Place the first accounts"),
    "conversation.answer": _("Answer as the bot"),
    "conversation.assign": _("Assign"),
    "conversation.batch_assign": _("Assign several"),
    "conversation.close": _("Close"),
    "conversation.handover": _("Ask for a person"),
    "conversation.hold": _("Put on hold"),
    "conversation.monitor": _("Monitor live conversations"),
    "conversation.open": _("Open"),
    "conversation.rate": _("Rate"),
    "conversation.resume": _("Resume"),
    "conversation.route": _("Route automatically"),
    "conversation.suggest": _("Get suggestions"),
    "conversation.takeover": _("Take over"),
    "conversation.transfer": _("Transfer"),
    "customer.read_pii": _("See phone numbers and addresses in full"),
    "customer.visit": _("Visit the portal"),
    "file.upload": _("Upload"),
    "login_session.end": _("End sign-ins of others"),
    "maintenance.clean": _("Clean up"),
    "maintenance.recount": _("Count anew"),
    "message.read": _("Read"),
    "message.recall": _("Recall"),
    "message.send": _("Send"),
    "quick_reply.share": _("Keep for everybody"),
    "quick_reply.use": _("Use"),
    "role.assign_users": _("Give to several users"),
    "role.ensure_presets": _("Make the preset roles"),
    "role.grant": _("Grant rights"),
    "session.locked": _("Locked after wrong passwords"),
    "session.refused": _("Refused"),
    "session.sign_in": _("Signed in"),
    "session.sign_out": _("Signed out"),
    "ticket.assign": _("Assign"),
    "ticket.cancel": _("Cancel"),
    "ticket.close": _("Close"),
    "ticket.flow": _("Change state"),
    "ticket.follow_up": _("Record a follow-up"),
    "ticket.from_conversation": _("Make from a conversation"),
    "ticket.message": _("Write in the room"),
    "ticket.message_read": _("Read the room"),
    "ticket.message_recall": _("Recall in the room"),
    "ticket.process": _("Work on"),
    "ticket.reopen": _("Reopen"),
    "ticket.review": _("Review"),
    "user.change_password": _("Change own password"),
    "user.import": _("Import from a file"),
    "user.sync": _("Synchronise with the OA system"),
    "user.verify_contact": _("Confirm phone or mailbox"),
    "user.rehash": _("Renew the password's hash"),
    "user.reset_password": _("Reset password and second factor"),
    "user.reset_second_factor": _("Reset second factor"),
    "user.second_factor": _("Use a second factor"),
    "user.set_roles": _("Change roles"),
    "user.totp_begin": _("Begin two-step verification"),
    "user.totp_confirm": _("Switch two-step verification on"),
    "user.totp_disable": _("Switch two-step verification off"),
    "user.update_own": _("Change own profile"),
}


def resource_title(resource: str):
    return RESOURCES.get(resource, resource)


def action_title(name: str):
    """What the right or operation allows, without its resource; its own name where it has no words."""
    return ACTIONS.get(name) or VERBS.get(name.partition(".")[2], name)


def title_of(name: str):
    """The operation in full: "Tickets: Assign"."""
    resource = name.partition(".")[0]
    if resource not in RESOURCES or (name not in ACTIONS and name.partition(".")[2] not in VERBS):
        return name
    return f"{RESOURCES[resource]}: {action_title(name)}"
