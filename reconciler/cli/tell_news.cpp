#include "reconciler/cli/tell_news.hpp"

#include "reconciler/io/credentials.hpp"
#include "reconciler/io/curl_webhook.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/io/run_program.hpp"

namespace ingot {

namespace {

/// The host alone: the path of a webhook may be a secret.
std::string host_of(const std::string& url) {
  const auto begin = url.find("://") + 3;
  return url.substr(begin, url.find('/', begin) - begin);
}

std::string receiver_of(const NotifyEntry& entry) {
  return entry.url ? fmt::format("the webhook at {}", printable(host_of(*entry.url))) : fmt::format("the program \"{}\"", printable(entry.command.front()));
}

/// "", or why not.
std::string tell_one(const News& news, const NotifyEntry& entry, const std::set<std::string>& withheld, const Session& session) {
  const std::string message = news_json(news, entry);
  if (!entry.url) return run_program(entry.command, message, entry.timeout, withheld, session.clock);
  return call_webhook({.url = *entry.url, .ca_file = entry.ca_file.value_or(""), .key = read_webhook_key(entry), .id = news.run,
                       .content_type = "application/cloudevents+json", .body = message, .timeout = entry.timeout},
                      session.clock);
}

void tell_or_warn(const News& news, const NotifyEntry& entry, const std::set<std::string>& withheld, const Session& session) {
  std::string why;
  try {
    why = tell_one(news, entry, withheld, session);
  } catch (const Error& error) {
    if (interrupted() != 0) return;
    why = error.what();
  }
  if (!why.empty()) session.warn(fmt::format("not notified: {} ({}): {}; what the run did stands", receiver_of(entry), printable(entry.at.text()), printable(why)));
}

}  // namespace

void tell_news(const News& news, const std::vector<NotifyEntry>& entries, const std::set<std::string>& withheld, const Session& session) {
  for (const auto& entry : entries) {
    if (interrupted() != 0) return;
    if (is_due(entry, news)) tell_or_warn(news, entry, withheld, session);
  }
}

}  // namespace ingot
