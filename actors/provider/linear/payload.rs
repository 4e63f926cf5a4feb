//! The places in a payload where facts stand. Only these are read; all else is skipped.

use serde::Deserialize;

use super::updated_from::UpdatedFrom;
use crate::provider::lenient::{List, Number, Object, Scalar, Text, places};

/// When a body was signed, in milliseconds since 1970.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Slot {
    #[serde(rename = "webhookTimestamp")]
    pub(super) webhook_timestamp: Number,
}

places! {
    "camelCase";
    /// A whole payload.
    Payload {
        action: Text<'a>,
        r#type: Text<'a>,
        actor: Object<Person<'a>>,
        created_at: Text<'a>,
        url: Text<'a>,
        organization_id: Text<'a>,
        webhook_id: Text<'a>,
        app_user_id: Text<'a>,
        data: Object<Data<'a>>,
        issue_data: Object<Data<'a>>,
        updated_from: Object<UpdatedFrom>,
        agent_session: Object<AgentSession<'a>>,
        agent_activity: Object<AgentActivity<'a>>,
        prompt_context: Text<'a>,
        notification: Object<Notification<'a>>,
    }

    /// A user, an application or an integration.
    Person {
        id: Scalar<'a>,
        name: Text<'a>,
        email: Text<'a>,
        service: Text<'a>,
        r#type: Text<'a>,
    }

    /// An entity of any type.
    Data {
        id: Text<'a>,
        identifier: Text<'a>,
        number: Number,
        title: Text<'a>,
        name: Text<'a>,
        description: Text<'a>,
        body: Text<'a>,
        content: Text<'a>,
        url: Text<'a>,
        priority_label: Text<'a>,
        health: Text<'a>,
        state: Object<Named<'a>>,
        team: Object<Team<'a>>,
        labels: List<Object<Named<'a>>>,
        label_ids: List<Text<'a>>,
        creator: Object<Person<'a>>,
        creator_id: Text<'a>,
        user: Object<Person<'a>>,
        user_id: Text<'a>,
        assignee: Object<Person<'a>>,
        delegate: Object<Person<'a>>,
        issue: Object<Issue<'a>>,
        issue_id: Text<'a>,
        project: Object<Named<'a>>,
        project_update: Object<Parent<'a>>,
        document_content: Object<Parent<'a>>,
        comment: Object<Said<'a>>,
        cycle: Object<Cycle<'a>>,
        parent_id: Text<'a>,
        emoji: Text<'a>,
    }

    /// The issue that something is about.
    Issue {
        id: Text<'a>,
        identifier: Text<'a>,
        number: Number,
        labels: List<Object<Named<'a>>>,
        creator: Object<Person<'a>>,
        title: Text<'a>,
        description: Text<'a>,
        url: Text<'a>,
        team: Object<Team<'a>>,
    }

    /// What a comment is about if not an issue.
    Parent {
        document: Object<Document<'a>>,
        project: Object<Named<'a>>,
    }

    /// A document.
    Document {
        title: Text<'a>,
    }

    /// A comment on which something happened.
    Said {
        body: Text<'a>,
    }

    /// A state, a label or a project.
    Named {
        name: Text<'a>,
    }

    /// A team.
    Team {
        key: Text<'a>,
        name: Text<'a>,
        organization: Object<Organization<'a>>,
    }

    /// The organization of a team.
    Organization {
        id: Text<'a>,
    }

    /// A cycle.
    Cycle {
        name: Text<'a>,
        number: Number,
    }

    /// A session of an agent.
    AgentSession {
        id: Text<'a>,
        url: Text<'a>,
        status: Text<'a>,
        issue: Object<Issue<'a>>,
        comment: Object<Said<'a>>,
        creator: Object<Person<'a>>,
    }

    /// What was said in the session.
    AgentActivity {
        body: Text<'a>,
        user: Object<Person<'a>>,
        content: Object<ActivityContent<'a>>,
    }

    /// The text of it.
    ActivityContent {
        body: Text<'a>,
    }

    /// A notification to an application.
    Notification {
        r#type: Text<'a>,
        actor: Object<Person<'a>>,
        issue: Object<Issue<'a>>,
        comment: Object<Said<'a>>,
    }
}
