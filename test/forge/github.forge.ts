import { makeGithubRepository } from './github-people.ts'
import { readServer, runHosted } from './hosted.ts'

const { ALTHING_TEST_GITHUB_URL: url, ALTHING_TEST_GITHUB_TOKEN: token } = process.env

runHosted('github', readServer(url, token), makeGithubRepository)
