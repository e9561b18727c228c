#include "reconciler/notify/send_notifications.hpp"

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/credentials.hpp"
#include "reconciler/io/net/curl_webhook.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/io/run_program.hpp"

namespace ingot::notify {

namespace {

/// The host alone: the path of a webhook may be a secret.
std::string host_of(const std::string& url) {
  const auto begin = url.find("://") + 3;
  return url.substr(begin, url.find('/', begin) - begin);
}

std::string receiver_of(const NotifyEntry& entry) {
  return entry.url ? fmt::format("the webhook at {}", io::printable(host_of(*entry.url)))
                   : fmt::format("the program \"{}\"", io::printable(entry.command.front()));
}

struct Delivery {
  const NotifyEntry& entry;
  std::string id;  ///< of this run to this entry: others are told otherwise, maybe at the same URL
  std::string text;
};

/// `place`: of the entry in the manifest, from 0.
Delivery notification_of(const Notification& news, const NotifyEntry& entry, std::size_t place) {
  const std::string id = fmt::format("{}.{}", news.run, place + 1);
  return {.entry = entry, .id = id, .text = news_json(news, entry, id)};
}

/// "", or why not.
std::string tell_one(const Delivery& told, const std::set<std::string>& withheld, const console::Session& session) {
  const NotifyEntry& entry = told.entry;
  if (!entry.url) return io::run_program(entry.command, told.text, entry.timeout, withheld, session.clock);
  return io::call_webhook({.url = *entry.url,
                           .ca_file = entry.ca_file.value_or(""),
                           .key = io::read_webhook_key(entry),
                           .id = told.id,
                           .content_type = "application/cloudevents+json",
                           .body = told.text,
                           .timeout = entry.timeout},
                          session.clock);
}

void tell_or_warn(const Delivery& told, const std::set<std::string>& withheld, const console::Session& session) {
  std::string why;
  try {
    why = tell_one(told, withheld, session);
  } catch (const Error& error) {
    if (io::interrupted() != 0) return;
    why = error.what();
  }
  const NotifyEntry& entry = told.entry;
  if (!why.empty())
    session.warn(fmt::format("not notified: {} ({}): {}; what the run did stands", receiver_of(entry),
                             io::printable(entry.at.text()), io::printable(why)));
}

}  // namespace

void send_notifications(const Notification& news, const std::vector<NotifyEntry>& entries, const std::set<std::string>& withheld,
                        const console::Session& session) {
  for (std::size_t place = 0; place < entries.size(); ++place) {
    if (io::interrupted() != 0) return;
    if (is_due(entries[place], news)) tell_or_warn(notification_of(news, entries[place], place), withheld, session);
  }
}

}  // namespace ingot::notify
