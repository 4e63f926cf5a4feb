//! The places in a payload where facts stand. Only these are read; all else is skipped.

use serde::Deserialize;

use crate::provider::lenient::{Count, Flag, List, Number, Object, Scalar, Text};

/// An object too large to lie in a payload that most often has none: what is read is moved a few
/// times on its way, absent or not.
pub(super) type Large<T> = Object<Box<T>>;

macro_rules! places {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(bound(deserialize = "'de: 'a"))]
        pub(super) struct $name<'a> {
            // On each field, not on the whole: a default of the whole would be built every time.
            $(#[serde(default)] pub(super) $field: $type,)*
            #[serde(skip)]
            pub(super) _lifetime: std::marker::PhantomData<&'a ()>,
        }
    )*};
}

places! {
    /// A whole payload.
    Payload {
        action: Text<'a>,
        number: Number,
        r#ref: Text<'a>,
        ref_type: Text<'a>,
        before: Text<'a>,
        after: Text<'a>,
        compare: Text<'a>,
        created: Flag,
        deleted: Flag,
        forced: Flag,
        branch: Text<'a>,
        state: Text<'a>,
        status: Text<'a>,
        sha: Text<'a>,
        context: Text<'a>,
        target_url: Text<'a>,
        description: Text<'a>,
        environment: Text<'a>,
        zen: Text<'a>,
        hook_id: Number,
        created_at: Text<'a>,
        updated_at: Text<'a>,
        repository: Object<Repository<'a>>,
        organization: Object<Account<'a>>,
        sender: Object<Account<'a>>,
        installation: Object<Installation<'a>>,
        marketplace_purchase: Object<Owned<'a>>,
        sponsorship: Object<Owned<'a>>,
        account: Object<Account<'a>>,
        repositories: List<Object<Repository<'a>>>,
        repositories_added: List<Object<Repository<'a>>>,
        repositories_removed: List<Object<Repository<'a>>>,
        issue: Large<Subject<'a>>,
        pull_request: Large<Subject<'a>>,
        discussion: Large<Subject<'a>>,
        milestone: Large<Subject<'a>>,
        alert: Large<Alert<'a>>,
        comment: Large<Comment<'a>>,
        review: Large<Comment<'a>>,
        thread: Object<Thread<'a>>,
        label: Object<Label<'a>>,
        assignee: Object<Account<'a>>,
        requested_reviewer: Object<Account<'a>>,
        requested_team: Object<Named<'a>>,
        head_commit: Object<Commit<'a>>,
        commit: Large<StatusCommit<'a>>,
        commits: Count,
        pusher: Object<Named<'a>>,
        branches: List<Object<Named<'a>>>,
        workflow_run: Large<Check<'a>>,
        workflow_job: Large<Check<'a>>,
        check_run: Large<Check<'a>>,
        check_suite: Large<Check<'a>>,
        deployment: Large<Deployment<'a>>,
        deployment_status: Large<Deployment<'a>>,
        release: Large<Release<'a>>,
        merge_group: Large<MergeGroup<'a>>,
        build: Object<Build<'a>>,
        pages: List<Object<WikiPage<'a>>>,
        forkee: Object<Repository<'a>>,
        member: Object<Account<'a>>,
        team: Object<Named<'a>>,
        rule: Object<Named<'a>>,
        security_advisory: Large<Advisory<'a>>,
        repository_advisory: Large<Advisory<'a>>,
        package: Object<Named<'a>>,
        registry_package: Object<Named<'a>>,
        project: Object<Named<'a>>,
        projects_v2: Large<Subject<'a>>,
        projects_v2_item: Large<ProjectItem<'a>>,
        blocked_issue: Large<Subject<'a>>,
        blocking_issue: Large<Subject<'a>>,
        parent_issue: Large<Subject<'a>>,
        sub_issue: Large<Subject<'a>>,
    }

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

impl Payload<'_> {
    /// The repositories of an event about several of them.
    pub(super) fn repositories(&self) -> Vec<String> {
        [&self.repositories, &self.repositories_added, &self.repositories_removed]
            .into_iter()
            .flat_map(|list| &list.0)
            .filter_map(|repository| repository.get()?.full_name.owned())
            .collect()
    }

    /// The organization, or the user, that the event belongs to.
    pub(super) fn org(&self) -> Option<String> {
        let login = |account: &Object<Account<'_>>| account.get().and_then(|account| account.login.owned());
        let owner = || {
            let repository = self.repository.get()?;
            let full_name =
                repository.full_name.get().and_then(|name| Some(name.split_once('/')?.0.to_owned()));
            full_name.or_else(|| login(&repository.owner))
        };
        login(&self.organization)
            .or_else(owner)
            .or_else(|| login(&self.installation.get()?.account))
            .or_else(|| login(&self.marketplace_purchase.get()?.account))
            .or_else(|| login(&self.sponsorship.get()?.sponsorable))
            .or_else(|| login(&self.account))
    }
}
