import { WebSocket } from 'undici';
import { play } from './scene.js';
import { connect } from './standard.js';

play((url, onMessage) => connect(WebSocket, url, onMessage));
