// The addresses under which servers are reached: https://, http:// and file://. Never with a secret in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot {

/// In bytes.
inline constexpr std::size_t longest_url = 2048;

/// What is wrong with `text` as the address of a published tree, as a clause that does not show the text
/// (it may hold a password); nullopt if it is one. Whether plain http is allowed is the caller's question.
std::optional<std::string> why_not_a_url(std::string_view text);

/// Whether the host of a URL (with brackets around an IPv6 address) can only be this machine: localhost and names below it
/// (RFC 6761), 127.0.0.0/8, [::1].
bool names_loopback(std::string_view host);

/// True for http:// to another host than names_loopback knows: anyone on the way can read and change what is sent.
bool is_open_http(std::string_view url);

/// Whether the host of a URL is an IP address: [IPv6], or a name that ends with a number, which no name of DNS does.
bool has_address(std::string_view url);

/// Whether the place of a state is a database, and not a file.
bool is_database_url(std::string_view place);
/// What is wrong with the URL of a database as a place of a state, as a clause that does not show it; nullopt if nothing is.
std::optional<std::string> why_not_a_database_url(std::string_view url);

/// The address ending with "/".
std::string with_slash(std::string url);

}  // namespace ingot
