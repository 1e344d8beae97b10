/** Opens a connection with a WebSocket of the kind that browsers have. */
export async function connect(WebSocket, url, onMessage) {
  const client = new WebSocket(url);
  client.binaryType = 'arraybuffer';
  client.onmessage = ({ data }) => onMessage(new Uint8Array(data));
  await new Promise((resolve, reject) => {
    client.onopen = resolve;
    client.onerror = () => reject(new Error('the connection failed'));
  });
  return (octets) => client.send(octets);
}
