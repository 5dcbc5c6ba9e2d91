//! This machine's processor, for those who keep code made for it.

use crate::sys;

/// Everything of the processor that code compiled for it may depend on, as text: for comparing and not for reading.
pub fn description() -> String {
    sys::cpu_description()
}
