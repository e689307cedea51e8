import { makeGitlabRepository } from './gitlab-people.ts'
import { readServer, runHosted } from './hosted.ts'

const { ALTHING_TEST_GITLAB_URL: url, ALTHING_TEST_GITLAB_TOKEN: token } = process.env

runHosted('gitlab', readServer(url, token), makeGitlabRepository)
