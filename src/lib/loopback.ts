const loopbackNames: ReadonlySet<string> = new Set(['localhost', '::1', '[::1]'])

/** Whether a host name or address, as a URL or a listener has it, is one that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return loopbackNames.has(host.toLowerCase()) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** Whether the `Host` of a request names loopback, with a port or without: that of a page whose name was bound anew does not. */
export function isLoopbackHost(header: string | undefined): boolean {
  const match = /^(\[[0-9a-f:]{2,39}\]|[a-z0-9.-]{1,253})(?::\d{1,5})?$/i.exec(header ?? '')
  return match?.[1] !== undefined && isLoopback(match[1])
}
