// @ts-check
/**
 * What others do with the same screens and the same words: `node server.mjs ws` or `node server.mjs socket.io`.
 *
 * Fan-out and nothing else: no database, no order, no sign-in, no catching up. It speaks as much of our HTTP as the
 * driver needs: an upgrade on the grill's board, or on another, which only holds its line, and `POST /orders` with the
 * words to pass on, answered once they were handed to every socket. It prints its port.
 */

import { createServer } from "node:http"

const TOLD = "/board/station-grill/"

const [kind] = process.argv.slice(2)

const server = createServer((request, answer) => {
  /** @type {Buffer[]} */
  const pieces = []
  request.on("data", (piece) => pieces.push(piece))
  request.on("end", () => {
    const { check_id, ticket_id, text } = JSON.parse(Buffer.concat(pieces).toString())
    tell(text)
    const body = JSON.stringify({ check_id, tickets: [{ ticket_id, station: "grill" }] })
    answer.writeHead(201, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
  })
})
const tell = await fan()
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.stdout.write(`${typeof address === "object" && address ? address.port : 0}\n`)
})

/**
 * The usual way of each to tell everybody.
 * @returns {Promise<(text: string) => void>}
 */
async function fan() {
  if (kind === "ws") {
    const { WebSocketServer } = await import("ws")
    const sockets = new WebSocketServer({ server, perMessageDeflate: false })
    const told = new Set()
    sockets.on("connection", (socket, request) => {
      if (!request.url?.startsWith(TOLD)) return
      told.add(socket)
      socket.on("close", () => told.delete(socket))
    })
    return (text) => {
      const bytes = Buffer.from(text)
      for (const socket of told) socket.send(bytes, { binary: false })
    }
  }
  if (kind === "socket.io") {
    const { Server } = await import("socket.io")
    const sockets = new Server(server, { path: "/board", addTrailingSlash: false, transports: ["websocket"], serveClient: false })
    sockets.on("connection", (socket) => {
      if (socket.request.url?.startsWith(TOLD)) socket.join("told")
    })
    return (text) => sockets.to("told").emit("cards", text)
  }
  throw new Error("ws or socket.io")
}
