//! What a session does, without a terminal.
