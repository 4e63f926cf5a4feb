//! The places in a payload where facts stand. Only these are read; all else is skipped.

use super::objects::{
    Account, Advisory, Alert, Build, Check, Comment, Commit, Deployment, Installation, Label, Large,
    MergeGroup, Named, Owned, ProjectItem, Release, Repository, StatusCommit, Subject, Thread, WikiPage,
};
use crate::provider::lenient::{Count, Flag, List, Number, Object, Text, places};

places! {
    "snake_case";
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
