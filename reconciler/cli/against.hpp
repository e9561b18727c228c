// A plan where neither the server's state nor its sources are: against what the server itself publishes.
#pragma once

#include <memory>
#include <string>

#include "reconciler/cli/look.hpp"
#include "reconciler/io/peer_memory.hpp"
#include "schema/card.hpp"

namespace ingot {

class PublishedServer {
 public:
  /// Asks it at `url`, as whom its card pins. Error{incomplete}: it cannot be had, or its head is over; Error{untrusted};
  /// Error{refused} "no-state": it says nothing of its state.
  PublishedServer(const std::string& url, const Card& card, Transport& transport, const Session& session);

  /// Asks the peers of the manifest, and makes the plan that the server would make. Error as look().
  Looked look(const Manifest& manifest, const PlanOptions& options);

 private:
  std::vector<PeerView> ask(const Manifest& manifest, const Snapshot& snapshot);

  Transport& transport_;
  const Session& session_;
  Time now_;
  PeerMemory memory_;
  PeerCatalog server_;
};

}  // namespace ingot
