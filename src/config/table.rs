//! One declaration for each table of a file.

/// Declares a table once: its type, its defaults and its keys.
///
/// Behind `override` stands the name of a second type, of a table that may stand in another place
/// over this one and says only what differs.
macro_rules! table {
    (
        @override $name:ident, $over:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr => $key:expr;)*
        }
    ) => {
        #[doc = concat!("What differs from a [`", stringify!($name), "`].")]
        #[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $over {
            $($(#[$doc])* pub(crate) $field: Option<$type>,)*
        }

        impl $over {
            /// What holds where this lies over `base`.
            pub(crate) fn over(&self, base: &$name) -> $name {
                $name { $($field: self.$field.clone().unwrap_or_else(|| base.$field.clone()),)* }
            }
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis $name:ident, $keys:ident, override $over:ident { $($body:tt)* }
    ) => {
        table! { $(#[$meta])* $vis $name, $keys { $($body)* } }
        table! { @override $name, $over { $($body)* } }
    };
    (
        $(#[$meta:meta])*
        $vis:vis $name:ident, $keys:ident {
            $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr => $key:expr;)*
        }
        $(foreign $($foreign:literal),+ $(,)?)?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $name {
            $($(#[$doc])* pub(crate) $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        pub(super) const $keys: &[$crate::config::schema::Key] = &[
            $($key.named(stringify!($field)),)*
            $($($crate::config::schema::Key::foreign($foreign),)+)?
        ];
    };
}

pub(super) use table;
