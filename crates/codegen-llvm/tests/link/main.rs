//! The linker, on objects that LLVM makes from assembly and on objects made by hand.

mod by_hand;
mod end_to_end;
mod from_llvm;
mod support;
