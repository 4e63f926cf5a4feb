//! The objects in a payload, as far as they are read.

use crate::provider::lenient::{Flag, List, Number, Object, Scalar, Text, places};

/// An object too large to lie in a payload that most often has none: what is read is moved a few
/// times on its way, absent or not.
pub(super) type Large<T> = Object<Box<T>>;

places! {
    "snake_case";
    /// A repository.
    Repository {
        full_name: Text<'a>,
        html_url: Text<'a>,
        owner: Object<Account<'a>>,
    }

    /// A user, an organization, or a bot.
    Account {
        login: Text<'a>,
        r#type: Text<'a>,
    }

    /// An installation of a GitHub App.
    Installation {
        id: Number,
        html_url: Text<'a>,
        account: Object<Account<'a>>,
    }

    /// Something that belongs to an account.
    Owned {
        account: Object<Account<'a>>,
        sponsorable: Object<Account<'a>>,
    }

    /// An issue, a pull request, a discussion, a milestone or a project.
    Subject {
        number: Number,
        title: Text<'a>,
        body: Text<'a>,
        description: Text<'a>,
        html_url: Text<'a>,
        state: Text<'a>,
        user: Object<Account<'a>>,
        creator: Object<Account<'a>>,
        assignee: Object<Account<'a>>,
        assignees: List<Object<Account<'a>>>,
        requested_reviewers: List<Object<Account<'a>>>,
        labels: List<Object<Label<'a>>>,
        head: Large<End<'a>>,
        base: Large<End<'a>>,
        draft: Flag,
        merged: Flag,
        pull_request: Object<Repository<'a>>,
        created_at: Text<'a>,
        updated_at: Text<'a>,
    }

    /// One end of a pull request.
    End {
        r#ref: Text<'a>,
        sha: Text<'a>,
        repo: Object<Repository<'a>>,
    }

    /// A label.
    Label {
        name: Text<'a>,
    }

    /// A comment or a review.
    Comment {
        body: Text<'a>,
        html_url: Text<'a>,
        state: Text<'a>,
        path: Text<'a>,
        commit_id: Text<'a>,
        user: Object<Account<'a>>,
        created_at: Text<'a>,
        updated_at: Text<'a>,
        submitted_at: Text<'a>,
    }

    /// A thread of review comments.
    Thread {
        comments: List<Large<Comment<'a>>>,
    }

    /// A commit of a push.
    Commit {
        message: Text<'a>,
        timestamp: Text<'a>,
        author: Object<CommitAuthor<'a>>,
    }

    /// Who wrote a commit, where GitHub knows who that is.
    CommitAuthor {
        username: Text<'a>,
    }

    /// The commit of a status.
    StatusCommit {
        html_url: Text<'a>,
        author: Object<Account<'a>>,
        commit: Object<Commit<'a>>,
    }

    /// Something that has a name.
    Named {
        name: Text<'a>,
        title: Text<'a>,
        html_url: Text<'a>,
    }

    /// A workflow run or job, a check run or suite.
    Check {
        id: Number,
        name: Text<'a>,
        display_title: Text<'a>,
        html_url: Text<'a>,
        status: Text<'a>,
        conclusion: Text<'a>,
        event: Text<'a>,
        head_branch: Text<'a>,
        head_sha: Text<'a>,
        run_id: Number,
        run_number: Number,
        run_attempt: Number,
        workflow_name: Text<'a>,
        actor: Object<Account<'a>>,
        triggering_actor: Object<Account<'a>>,
        head_repository: Object<Repository<'a>>,
        pull_requests: List<Object<Numbered<'a>>>,
        check_suite: Object<Suite<'a>>,
        app: Object<Named<'a>>,
        output: Object<Named<'a>>,
        labels: List<Text<'a>>,
        created_at: Text<'a>,
        updated_at: Text<'a>,
        started_at: Text<'a>,
        completed_at: Text<'a>,
    }

    /// Something that has a number.
    Numbered {
        number: Number,
    }

    /// The suite of a check run.
    Suite {
        head_branch: Text<'a>,
    }

    /// A deployment or its status.
    Deployment {
        id: Number,
        r#ref: Text<'a>,
        sha: Text<'a>,
        task: Text<'a>,
        environment: Text<'a>,
        state: Text<'a>,
        description: Text<'a>,
        target_url: Text<'a>,
        environment_url: Text<'a>,
        creator: Object<Account<'a>>,
        created_at: Text<'a>,
        updated_at: Text<'a>,
    }

    /// A release.
    Release {
        name: Text<'a>,
        tag_name: Text<'a>,
        target_commitish: Text<'a>,
        body: Text<'a>,
        html_url: Text<'a>,
        prerelease: Flag,
        draft: Flag,
        author: Object<Account<'a>>,
        created_at: Text<'a>,
        published_at: Text<'a>,
    }

    /// A group of a merge queue.
    MergeGroup {
        head_ref: Text<'a>,
        base_ref: Text<'a>,
        head_sha: Text<'a>,
        head_commit: Object<Commit<'a>>,
    }

    /// A build of GitHub Pages.
    Build {
        status: Text<'a>,
        commit: Text<'a>,
        pusher: Object<Account<'a>>,
        updated_at: Text<'a>,
    }

    /// A changed page of a wiki.
    WikiPage {
        title: Text<'a>,
        html_url: Text<'a>,
    }

    /// A code scanning, Dependabot, secret scanning or vulnerability alert.
    Alert {
        number: Number,
        html_url: Text<'a>,
        state: Text<'a>,
        severity: Text<'a>,
        rule: Object<Rule<'a>>,
        security_advisory: Large<Advisory<'a>>,
        security_vulnerability: Object<Severe<'a>>,
        most_recent_instance: Object<Instance<'a>>,
        secret_type: Text<'a>,
        secret_type_display_name: Text<'a>,
        affected_package_name: Text<'a>,
        assignees: List<Object<Account<'a>>>,
        created_at: Text<'a>,
        updated_at: Text<'a>,
    }

    /// The rule behind a code scanning alert.
    Rule {
        id: Scalar<'a>,
        description: Text<'a>,
        severity: Text<'a>,
        security_severity_level: Text<'a>,
    }

    /// How severe a vulnerability is.
    Severe {
        severity: Text<'a>,
    }

    /// Where a code scanning alert was found last.
    Instance {
        r#ref: Text<'a>,
        message: Object<Message<'a>>,
    }

    /// A text of an alert.
    Message {
        text: Text<'a>,
    }

    /// A security advisory.
    Advisory {
        summary: Text<'a>,
        description: Text<'a>,
        severity: Text<'a>,
        ghsa_id: Text<'a>,
        html_url: Text<'a>,
        updated_at: Text<'a>,
    }

    /// An item of a project.
    ProjectItem {
        content_type: Text<'a>,
        content_node_id: Text<'a>,
        project_node_id: Text<'a>,
        creator: Object<Account<'a>>,
        updated_at: Text<'a>,
    }
}
