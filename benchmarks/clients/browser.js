/*
 * The runtime's own WebSocket, the one that browsers have, too.
 */
import { play } from './scene.js';
import { connect } from './standard.js';

play((url, onMessage) => connect(globalThis.WebSocket, url, onMessage));
