/** What an agent asks leave for, in the words of its protocol. @see https://agentclientprotocol.com/protocol/tool-calls */
export interface PermissionQuestion {
  readonly kind: string | undefined
  readonly options: readonly { readonly optionId: string; readonly kind: string }[]
}

/** What an agent may do in the sandbox without a person: everything there is of no consequence outside. */
const harmless: ReadonlySet<string> = new Set(['read', 'edit', 'delete', 'move', 'search', 'execute', 'think', 'other'])

/** The option that is chosen; undefined when none of those offered fits, and the question is called off. Leave is given once, and for good only where nothing else is offered. */
export function choosePermission(question: PermissionQuestion, policy: { readonly mayFetch: boolean }): string | undefined {
  const kind = question.kind ?? 'other'
  const isAllowed = harmless.has(kind) || (kind === 'fetch' && policy.mayFetch)
  const wanted = isAllowed ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always']
  const ranked = wanted.map((word) => question.options.find((option) => option.kind === word))
  return ranked.find((option) => option !== undefined)?.optionId
}
