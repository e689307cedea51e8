import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with projects, tasks, claims and the forges that hold them. */
export const tasksFaults = defineFaults({
  TASK_NAME_INVALID: { kind: 'usage', meaning: 'A task is named neither `issue-<number>` nor `t-<12 hex>`.' },
  PROJECT_INVALID: {
    kind: 'usage',
    meaning: 'What was given is no address of a project: a URL of http, https or ssh, or an absolute path.',
  },
  PROJECT_MISSING: { kind: 'missing', meaning: 'No project of that name was added on this node. Data: `project`, `projects`.' },
  TASK_INVALID: {
    kind: 'usage',
    meaning: 'A task that was to be added has no title, or a title, text or label that is too long. Data: `title`.',
  },
  TASK_MISSING: { kind: 'missing', meaning: 'A project has no such task. Data: `project`, `task`.' },
  TASK_CLOSED: {
    kind: 'conflict',
    meaning: 'A task that was to be paused or broken free is closed, and held by nobody. Data: `project`, `task`.',
  },
  PULL_MISSING: { kind: 'missing', meaning: 'No such pull request is known. Data: `pull`.' },
  CLAIM_LOST: {
    kind: 'conflict',
    meaning: 'A claim could not be had or moved: somebody else has it, or the forge refused. Data: `task`, `reason`.',
  },
  CLAIMS_DIVIDED: {
    kind: 'conflict',
    meaning:
      'Claims of a project stand below `refs/althing/` and among its branches: two nodes could hold one task. Nothing is claimed. Data: `project`, `ref`.',
  },
  CLAIM_NEEDS_NODE: {
    kind: 'unavailable',
    meaning: 'A claim was to be held for a person without a node that goes on running: nobody would renew it. Data: `task`.',
  },
  CLAIM_INVALID: { kind: 'usage', meaning: 'A claim cannot be made of what was given: a field is missing, too long or not of its form.' },
  REMOTE_UNREACHABLE: {
    kind: 'unavailable',
    meaning:
      'The git server does not answer, broke off, or asks to be left alone. Whether a push took effect is unknown. Data: `retryAfterMs`, where it says.',
  },
  REMOTE_TIMEOUT: { kind: 'timeout', meaning: 'The git server did not answer in time. Whether a push took effect is unknown.' },
  REMOTE_DENIED: { kind: 'denied', meaning: 'The git server refuses our credentials, or the right to do this.' },
  REMOTE_MISSING: { kind: 'missing', meaning: 'There is no repository at that address, or our credentials do not show it.' },
  REMOTE_MOVED: { kind: 'conflict', meaning: 'The git server says the repository is elsewhere. Nothing is sent there. Data: `location`.' },
  REMOTE_PROTOCOL: { kind: 'invalid', meaning: 'The git server said something that is not in the protocol, or too much of it.' },
  REMOTE_UNSUPPORTED: {
    kind: 'invalid',
    meaning: 'The repository cannot hold claims: it names objects by sha256, or lacks what claims need.',
  },
  FORGE_FAILED: { kind: 'unavailable', meaning: 'The forge answered with a failure of its own, or not at all.' },
  FORGE_DENIED: { kind: 'denied', meaning: 'The forge refuses the token, or the token lacks a right. Data: `status`.' },
  FORGE_MISSING: { kind: 'missing', meaning: 'The forge knows no such project, issue or pull request, or does not show it to this token.' },
  FORGE_REFUSED: {
    kind: 'conflict',
    meaning: 'The forge does not take what was sent: it has that already, or a field is not as it wants it. Data: `status`.',
  },
  FORGE_LIMITED: { kind: 'unavailable', meaning: 'The forge asks us to wait. Data: `retryAfterMs`.' },
  FORGE_INVALID: { kind: 'invalid', meaning: 'The forge answered something that is not in its documentation.' },
  FORGE_TOO_LONG: {
    kind: 'invalid',
    meaning: 'The forge has more of something than is read: comments of one issue, checks of one commit, bytes of one answer.',
  },
})
