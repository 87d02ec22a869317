// The fleet as one page of HTML, to print or to hand on: nothing in it is fetched from anywhere, and nothing in it runs.
import { display } from '../base/display.ts'
import { formatDate, plural } from '../base/format.ts'
import type { FleetRow } from '../ops/fleet-hosts.ts'
import { sayLag, sayNews, saySerial } from '../ops/fleet-words.ts'

const style = `body { font: 11pt sans-serif; margin: 2em; color: #111 }
h1 { font-size: 14pt }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: 0.25em 0.8em 0.25em 0; border-bottom: 1px solid #bbb; vertical-align: top }
thead { display: table-header-group }
tr { break-inside: avoid }
code { font-size: 9pt }
.odd { font-weight: bold }
@page { margin: 15mm }`

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Names are what machines call themselves. */
const text = (value: string): string => display(value).replaceAll(/[&<>"]/g, (each) => entities[each] ?? each)

const columns = ['host', 'id', 'groups', 'serial', 'behind', 'seen', 'news'] as const

function rowOf(host: FleetRow): string {
  const news = sayNews(host)
  const cells = [
    text(host.name),
    `<code>${text(host.host)}</code>`,
    text(host.groups.join(', ')),
    text(saySerial(host)),
    text(sayLag(host)),
    formatDate(host.seen),
    news.startsWith('!') ? `<span class="odd">${text(news)}</span>` : text(news),
  ]
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

export function formatFleetReport(hosts: readonly FleetRow[], nowSeconds: number): string {
  const upToDate = hosts.filter(({ behind }) => behind === 0).length
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Fleet</title>',
    `<style>${style}</style></head><body>`,
    `<h1>${plural(hosts.length, 'host')}, ${upToDate} up to date, ${formatDate(nowSeconds)}</h1>`,
    `<table><thead><tr>${columns.map((name) => `<th>${name}</th>`).join('')}</tr></thead><tbody>`,
    ...hosts.map(rowOf),
    '</tbody></table></body></html>',
  ].join('\n')
}
