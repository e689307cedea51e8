import { defineFaults } from '../lib/fault.ts'

/** What can go wrong with models. */
export const modelsFaults = defineFaults({
  MODEL_NAME_INVALID: {
    kind: 'usage',
    meaning: 'A model is not named as ENDPOINT/MODEL, or no endpoint of that name is set. Data: `model`, `endpoints`.',
  },
  MODELS_CONFIG_INVALID: {
    kind: 'usage',
    meaning: 'An endpoint, limit or price in the configuration cannot be read. Data: `setting`, `value`.',
  },
  MODEL_MISSING: { kind: 'missing', meaning: 'An endpoint does not have a model. Data: `model`, `status`.' },
  MODEL_DENIED: { kind: 'denied', meaning: 'An endpoint refuses the key, or there is none. Data: `model`, `status`.' },
  MODEL_REFUSED: {
    kind: 'invalid',
    meaning: 'An endpoint will not take a request as it is, too long a one for example. Data: `model`, `status`.',
  },
  MODEL_UNREACHABLE: {
    kind: 'unavailable',
    meaning:
      'An endpoint does not answer, or answers with a fault of its own. Data: `model`, `status`; `isSent` is false where no connection came about.',
  },
  MODEL_THROTTLED: {
    kind: 'unavailable',
    meaning: 'An endpoint said to wait, longer than a call may. Data: `model`, `retryAfterMs`.',
  },
  MODEL_STALLED: { kind: 'timeout', meaning: 'A model said nothing for too long, or did not come to an end. Data: `model`, `ms`.' },
  MODEL_ANSWER_INVALID: {
    kind: 'invalid',
    meaning: 'What a model sent is no answer: cut, not JSON, longer than allowed, or of another protocol. Data: `model`.',
  },
  BUDGET_SPENT: {
    kind: 'denied',
    meaning:
      'A call would go past a limit of money or tokens, and was not sent. Data: `model`, `limit`, `period`, `wanted`, `spent`, `allowed`.',
  },
  PRICE_UNKNOWN: {
    kind: 'denied',
    meaning: 'A limit of money is set and nothing says what a model costs, so nothing was sent. Data: `model`.',
  },
})
