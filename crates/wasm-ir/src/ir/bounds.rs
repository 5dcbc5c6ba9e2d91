//! What is known of where an access lands, so that a back end checks no more than it must.

use std::fmt::{self, Display, Formatter};

crate::entity! {
    /// Accesses of a versioned loop whose addresses move together.
    Group = "group";
    /// A comparison that is made for several accesses.
    BoundsCheck = "check";
}

/// Who sees to it that an access stays inside its memory.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Bounds {
    /// The access: it traps if it does not.
    #[default]
    Checked,
    /// An access or a check that dominates this one: where this one would trap, that one has.
    Dominated,
    /// The access, which traps if it does not; or a comparison here for this access and those that follow it.
    Leads(BoundsCheck),
    /// The access; or the comparison of the access that leads. That one stands before it in the same block and has the same operand.
    Follows(BoundsCheck),
    /// The declaration: every value that the operand can have lies below the memory's minimum, so the access could stand
    /// anywhere.
    Declared,
    /// The check before a versioned loop. The operand is the address in 64 bits, and the access touches no byte that an
    /// access of another group of the same loop touches, unless neither stores.
    Ranged(Group),
}

impl Bounds {
    /// Whether the access may trap, as far as the IR knows.
    pub fn may_trap(self) -> bool {
        matches!(self, Self::Checked | Self::Leads(_) | Self::Follows(_))
    }
}

impl Display for Bounds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checked => Ok(()),
            Self::Dominated => f.write_str(" dominated"),
            Self::Leads(check) => write!(f, " leads {check}"),
            Self::Follows(check) => write!(f, " follows {check}"),
            Self::Declared => f.write_str(" declared"),
            Self::Ranged(group) => write!(f, " {group}"),
        }
    }
}

/// The groups of one versioned loop: a run of numbers.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Disjoint {
    /// The first group of the loop.
    pub first: Group,
    /// How many groups it has.
    pub count: u32,
}
