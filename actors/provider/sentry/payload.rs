//! The places in a payload where facts stand. Only these are read; all else is skipped.

use crate::provider::lenient::{Keyed, List, Number, Object, Scalar, Text, places};

places! {
    "snake_case";
    /// A whole payload.
    Payload {
        action: Text<'a>,
        data: Object<Keyed<'a, Data<'a>>>,
        actor: Object<Actor<'a>>,
    }

    /// Who caused it.
    Actor {
        id: Scalar<'a>,
        name: Text<'a>,
        r#type: Text<'a>,
    }

    /// The data of every resource together.
    Data {
        event: Object<Event<'a>>,
        error: Object<Event<'a>>,
        issue: Object<Issue<'a>>,
        /// Older payloads say here too who got the issue.
        assignee: Object<Assignee<'a>>,
        issue_alert: Object<Alert<'a>>,
        triggered_rule: Text<'a>,
        metric_alert: Object<MetricAlert<'a>>,
        description_title: Text<'a>,
        description_text: Text<'a>,
        web_url: Text<'a>,
        comment: Text<'a>,
        comment_id: Scalar<'a>,
        project_slug: Text<'a>,
        issue_id: Scalar<'a>,
        timestamp: Text<'a>,
        installation: Object<Installation<'a>>,
        activity: Object<Activity<'a>>,
        alert: Object<Alert<'a>>,
        run_id: Scalar<'a>,
        group_id: Scalar<'a>,
        root_cause: Object<Finding<'a>>,
        solution: Object<Finding<'a>>,
        pull_requests: List<Object<PullRequest<'a>>>,
        #[serde(rename = "gitInfo")]
        git_info: Object<GitInfo<'a>>,
        #[serde(rename = "appInfo")]
        app_info: Object<AppInfo<'a>>,
        #[serde(rename = "appName")]
        app_name: Text<'a>,
        #[serde(rename = "buildId")]
        build_id: Scalar<'a>,
        #[serde(rename = "projectSlug")]
        build_project: Text<'a>,
        #[serde(rename = "organizationSlug")]
        build_org: Text<'a>,
        platform: Text<'a>,
        state: Text<'a>,
        #[serde(rename = "errorCode")]
        error_code: Text<'a>,
        #[serde(rename = "errorMessage")]
        error_message: Text<'a>,
    }

    /// An event of an alert, or an error.
    Event {
        #[serde(rename = "event_id")]
        id: Text<'a>,
        issue_id: Scalar<'a>,
        /// A number where the slug stands in `url`.
        project: Object<Project<'a>>,
        title: Text<'a>,
        message: Text<'a>,
        level: Text<'a>,
        culprit: Text<'a>,
        platform: Text<'a>,
        environment: Text<'a>,
        datetime: Text<'a>,
        url: Text<'a>,
        web_url: Text<'a>,
        issue_url: Text<'a>,
        metadata: Object<Metadata<'a>>,
        tags: List<List<Text<'a>>>,
    }

    /// What was thrown, and where.
    Metadata {
        r#type: Text<'a>,
        value: Text<'a>,
        filename: Text<'a>,
    }

    /// An issue.
    Issue {
        id: Scalar<'a>,
        #[serde(rename = "shortId")]
        short_id: Text<'a>,
        title: Text<'a>,
        culprit: Text<'a>,
        level: Text<'a>,
        status: Text<'a>,
        substatus: Text<'a>,
        priority: Text<'a>,
        count: Scalar<'a>,
        #[serde(rename = "userCount")]
        users: Number,
        project: Object<Project<'a>>,
        metadata: Object<Metadata<'a>>,
        #[serde(rename = "assignedTo")]
        assigned_to: Object<Assignee<'a>>,
        web_url: Text<'a>,
        permalink: Text<'a>,
        url: Text<'a>,
        #[serde(rename = "lastSeen")]
        last_seen: Text<'a>,
        #[serde(rename = "firstSeen")]
        first_seen: Text<'a>,
    }

    /// The project of an issue.
    Project {
        slug: Text<'a>,
        name: Text<'a>,
    }

    /// A user or a team.
    Assignee {
        name: Text<'a>,
        email: Text<'a>,
        r#type: Text<'a>,
    }

    /// An issue alert, or the alert of an activity.
    Alert {
        title: Text<'a>,
    }

    /// A metric alert.
    MetricAlert {
        id: Scalar<'a>,
        identifier: Scalar<'a>,
        title: Text<'a>,
        status: Scalar<'a>,
        web_url: Text<'a>,
        organization: Object<Project<'a>>,
        organization_id: Scalar<'a>,
        projects: List<Text<'a>>,
        date_started: Text<'a>,
        date_detected: Text<'a>,
        date_closed: Text<'a>,
        alert_rule: Object<Rule<'a>>,
    }

    /// The rule of a metric alert.
    Rule {
        name: Text<'a>,
    }

    /// An installation of the integration.
    Installation {
        status: Text<'a>,
        organization: Object<Project<'a>>,
        app: Object<Project<'a>>,
    }

    /// What happened to an issue.
    Activity {
        r#type: Text<'a>,
        details: Object<ActivityDetails<'a>>,
    }

    /// What Seer has to say of it.
    ActivityDetails {
        summary: Text<'a>,
    }

    /// What Seer found: a root cause has a description, a solution a summary.
    Finding {
        one_line_description: Text<'a>,
        one_line_summary: Text<'a>,
        description: Text<'a>,
        relevant_repo: Text<'a>,
    }

    /// A pull request that Seer made.
    PullRequest {
        pull_request: Object<PullRequestLink<'a>>,
        repo_name: Text<'a>,
    }

    /// Where it is.
    PullRequestLink {
        pr_url: Text<'a>,
        pr_number: Number,
    }

    /// Where a build comes from.
    GitInfo {
        #[serde(rename = "headRepoName")]
        head_repo: Text<'a>,
        #[serde(rename = "headRef")]
        head_ref: Text<'a>,
        #[serde(rename = "baseRef")]
        base_ref: Text<'a>,
        #[serde(rename = "headSha")]
        head_sha: Text<'a>,
        #[serde(rename = "prNumber")]
        number: Number,
    }

    /// What was built.
    AppInfo {
        name: Text<'a>,
        version: Text<'a>,
        #[serde(rename = "dateAdded")]
        date_added: Text<'a>,
        #[serde(rename = "dateBuilt")]
        date_built: Text<'a>,
    }
}
