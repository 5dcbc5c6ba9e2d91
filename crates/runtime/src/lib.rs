//! Loads images, instantiates modules, owns linear memory, catches traps. No compiler inside.

pub mod error;
pub mod func;
pub mod global;
pub mod image;
mod imports;
pub mod instance;
pub mod memory;
pub mod store;
mod sys;
pub mod table;
pub mod trap;
mod validate;
pub mod value;
mod vm;

pub use error::{
    AccessError, ArgumentsError, CallError, HostError, ImageError, ImportError, InstantiateError,
    MemoryError, ValueError,
};
pub use func::{Caller, Func};
pub use global::Global;
pub use image::Image;
pub use instance::Instance;
pub use memory::Memory;
pub use store::{Store, StoreConfig};
pub use table::Table;
pub use trap::{Trap, TrapFrame};
pub use value::{Extern, ExternRef, Val};

pub use wootz_vm_abi::callconv::ValRaw;
pub use wootz_vm_abi::image::ImageInfo;
pub use wootz_vm_abi::plan::{CheckStrategy, MemoryPlan};
pub use wootz_vm_abi::trap::TrapCode;
